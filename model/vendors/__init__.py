"""What a connector and the readers of its answers both know of a vendor: what is asked for."""
