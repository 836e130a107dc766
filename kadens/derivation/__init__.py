"""Derives everything about one patient from a manifest of bodies, without any server.

Reading, deriving and judging are the worker's own functions. Only what the database does for the
worker, to keep current facts, is done here in memory.
"""
