"""Rows of alerts: what rules read, what judging writes, what clinicians do, and what is sent."""
