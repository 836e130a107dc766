"""What rules read, what judging writes, what a clinician does with an alert, and what must be sent."""
