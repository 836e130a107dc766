"""Exports of accounts: Google Fit and Fitbit by Google Takeout, and Samsung Health."""
