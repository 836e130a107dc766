"""Derives everything about one patient from a manifest of bodies, without any server.

Reading, deriving and judging are the worker's own functions. Only what the database does for the
worker is done here a second time, in memory: current facts, and the rows that the rules look at.
"""
