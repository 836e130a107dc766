"""The only SQL of Kadens."""
