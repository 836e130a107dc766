"""Detects in samples the sessions that nobody declared. Pure."""
