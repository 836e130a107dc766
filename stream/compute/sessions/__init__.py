"""Sessions: from what sources report and from what their samples show."""
