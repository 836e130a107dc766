"""What every part of Kadens speaks. Pure: no I/O, no clock, no import from another part of Kadens."""
