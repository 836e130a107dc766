"""What rules read, and what judging a patient leads to."""
