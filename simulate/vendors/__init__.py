"""Simulated vendors, a file for each, built from what they publish and not from our door's code."""
