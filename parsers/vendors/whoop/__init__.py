"""WHOOP's second interface: what its cues and its records mean."""
