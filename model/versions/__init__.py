"""Versions of a record: which one stands, and what the receipt of a payload proves about them."""
