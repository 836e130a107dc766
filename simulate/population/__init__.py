"""Cohorts of any size with known truth: people, what they do, what arrives of it, what is true.

It shares no code with what is computed and judged, so that either can be tested against the other.
"""
