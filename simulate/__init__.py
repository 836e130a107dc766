"""Simulated cohorts with a known truth, sent as real FIT files and real vendor bodies.

It must never run in production.
"""
