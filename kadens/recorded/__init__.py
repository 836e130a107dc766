"""Recorded cases: payloads and requests in folders, with what must come of them."""
