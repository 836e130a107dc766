"""The JSON API, and the questions behind it, which `kadens query` answers too."""
