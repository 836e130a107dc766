"""Benches of readers that stand beside what they read with."""
