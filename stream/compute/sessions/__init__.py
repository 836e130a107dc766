"""Derives sessions from what sources and patients report, and from samples."""
