"""Kadens: the vocabulary and the program. The walk lives in the sibling packages; nothing runs on import."""
