"""Readers of what accounts at vendors export: Polar Flow, Garmin Connect, Strava. Pure."""
