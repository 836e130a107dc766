"""What clinicians write beside the data of a patient, as values."""
