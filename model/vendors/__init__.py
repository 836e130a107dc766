"""What connectors and the readers of answers both know of a vendor: how it is asked for what."""
