"""Simulated cohorts with a known truth; writes real FIT files and real vendor bodies. Never used in production."""
