"""Readers of what Fitbit's own interface sent until it ended in November 2026, for replays."""
