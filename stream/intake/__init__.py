"""What becomes of a body that was read: its patient, its consent, its place."""
