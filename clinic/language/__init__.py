"""The languages of the pages: their choice, and the texts and names that are worded in tables."""
