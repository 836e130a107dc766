"""Builds the parts of each process from the settings, which lower modules never see.

Functions import what they build, so that each process loads only its own parts.
"""
