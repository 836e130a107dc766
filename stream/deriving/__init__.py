"""The use cases of deriving: load a window of facts, derive from it, write rows that differ."""
