"""Derives sessions, days and weeks from facts, with pure functions over numpy arrays.

Nothing here does I/O or reads a clock.
"""
