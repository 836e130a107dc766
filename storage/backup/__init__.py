"""Rows on their way to a backup and back. It knows nothing of files and keys of backups."""
