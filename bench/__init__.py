"""Benches: speed, as ratios against a named baseline in the same run.

`make bench` prints all figures in a single table.
"""
