"""Words of vendors: the activity types and units that their spellings are mapped to."""
