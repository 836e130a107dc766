"""The process `kadens uploads`: brings complete uploads to the log."""
