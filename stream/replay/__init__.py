"""Replay: kept bodies of a patient are read again with today's readers, and derived anew."""
