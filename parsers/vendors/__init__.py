"""Readers of what vendors push and answer, a folder or a few modules for each."""
