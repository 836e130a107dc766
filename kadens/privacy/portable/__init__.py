"""What a patient takes along to another service, in open formats."""
