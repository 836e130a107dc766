"""Frozen evidence of an alert as tables in words for a clinician. All modules are pure.

Nothing here changes what is stored, and evidence of any shape is laid out.
"""
