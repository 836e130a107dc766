"""Answers to questions about a patient's data, as the API and `kadens query` return them.

The modules here are pure: they never read or write anything.
"""
