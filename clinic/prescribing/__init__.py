"""Prescriptions at the clinician door: what forms and API share."""
