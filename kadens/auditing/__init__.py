"""The commands `kadens audit`: verify, head, export, extract, and spot checks."""
