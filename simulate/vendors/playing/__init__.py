"""Vendors that are played to try the product with; `python -m simulate.vendors` plays them."""
