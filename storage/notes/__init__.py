"""Rows of what clinicians write beside a patient's data. It decides nothing."""
