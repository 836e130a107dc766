"""Judging, and telling clinicians: pure rules and lifecycle, and the shells that deliver."""
