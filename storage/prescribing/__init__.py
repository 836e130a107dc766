"""Rows of prescriptions: every version as it was submitted, and drafts."""
