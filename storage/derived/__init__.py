"""Derived rows: what deriving reads, what it writes, and rollups over time."""
