"""Replay: kept bodies of a patient are read again with today's parsers, and derived anew."""
