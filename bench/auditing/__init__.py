"""Benches of the audit log."""
