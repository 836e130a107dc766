"""What a FIT file holds besides a recording: counters and readings of all day. Pure."""
