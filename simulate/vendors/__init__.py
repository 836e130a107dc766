"""Vendors that we play ourselves, one file each, from what they publish and not from our door."""
