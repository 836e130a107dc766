"""Words: the activity types and units that vendors' spellings are mapped to, and the language."""
