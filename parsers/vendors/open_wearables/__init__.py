"""Open Wearables: its events, the batches of samples in them, and its words."""
