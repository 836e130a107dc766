"""The JSON API, and the questions behind it that `kadens query` answers as well."""
