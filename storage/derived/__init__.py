"""Derived rows: sessions, days, weeks, source selections and rollups."""
