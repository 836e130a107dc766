"""Intensity: heart-rate thresholds, zones, schemes, load."""
