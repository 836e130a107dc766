"""Judges patients by rules, keeps the life of alerts, and delivers messages."""
