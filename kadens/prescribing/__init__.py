"""The commands of `kadens prescription`."""
