"""The vocabulary of Kadens. Pure: no I/O, no clock, no import from another part of Kadens."""
