"""Speed, as ratios against a named baseline in the same run.

One command prints one table: `make bench`.
"""
