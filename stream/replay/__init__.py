"""Replay: reads kept bodies of a patient again with today's parsers, and derives anew."""
