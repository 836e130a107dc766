"""Strava's events, its answers about activities, and their streams."""
