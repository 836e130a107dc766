"""Readers of payloads: bytes in, facts or rejects out. Pure: no I/O, no clock."""
