"""Queries for the clinician door and for `kadens query`. Nothing here writes."""
