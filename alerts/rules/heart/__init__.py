"""Rules about the heart, H1 to H6, each off until a prescription asks for it (section 5.4)."""
