"""Plays a cohort of known truth into a fresh system, and compares its alerts with the truth."""
