"""What follows from a prescription as it was written: its hash, its next version, its renewal."""
