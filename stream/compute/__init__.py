"""Everything derived from facts, as pure functions over numpy arrays. No I/O, no clock."""
