"""Readers of Google Health: notifications, and the points that are fetched after them."""
