"""Rules about what was done of what was prescribed, A1 to A8 (clinical section 5.3)."""
