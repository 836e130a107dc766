"""Oura's second interface: what its cues and its objects mean."""
