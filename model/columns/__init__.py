"""Columns of times and values: building them from plain numbers, and finding runs in them. Pure numpy."""
