"""The worklist: its groups and filters (pure), the mark "reviewed", labels, and their routes."""
