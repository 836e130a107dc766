"""Queries that only read, for the doors and for commands. Nothing here writes."""
