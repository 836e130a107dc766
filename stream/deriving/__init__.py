"""Use cases of deriving: load a window of facts, derive from it, write the rows that differ."""
