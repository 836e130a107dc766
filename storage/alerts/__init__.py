"""What rules read, what judging writes, what a clinician does with an alert.

What must be sent.
"""
