"""Readers of what vendors push, a module for each vendor and one for its names."""
