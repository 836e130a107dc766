"""Backups of an installation, sealed for a key that it does not hold, and restores from them."""
