"""Withings' interface: what its cues and its answers mean."""
