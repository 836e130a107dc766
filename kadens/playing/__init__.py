"""Sends a cohort of invented people through the doors of a running system."""
