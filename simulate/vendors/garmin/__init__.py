"""Garmin, played: what it sends, and its server."""
