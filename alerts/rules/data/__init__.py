"""Rules about what was delivered, not about what it shows (clinical section 5.2)."""
