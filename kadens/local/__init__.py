"""`kadens up`: everything on one machine, with a demo."""
