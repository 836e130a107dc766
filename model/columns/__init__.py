"""Columns of times and values: how they are built, and the runs of equal values in them."""
