"""Answers to questions about one patient's data, in the shapes that the API and `kadens query` give. Never I/O."""
