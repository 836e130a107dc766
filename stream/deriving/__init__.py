"""The use cases of deriving: load a window of facts, derive from it, write rows that differ.

`derive_batch` takes a batch of the log. What follows from facts is decided in `stream.compute`.
"""
