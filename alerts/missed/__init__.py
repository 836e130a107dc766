"""Runs of missed days, which rules of adherence look for, and their findings."""
