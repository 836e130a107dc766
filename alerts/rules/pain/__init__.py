"""Rules about what patients answer about pain, P1 to P8 (clinical definition section 4)."""
