"""What a patient asks for as their right, at their own door."""
