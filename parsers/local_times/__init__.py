"""Local times as phones and exports write them, and what places them: offset or zone. Pure."""
