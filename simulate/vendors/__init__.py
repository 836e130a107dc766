"""Simulated vendors, built from what they publish and not from our door's code."""
