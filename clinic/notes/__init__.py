"""What clinicians write beside a patient's data: annotations and the pinned note."""
