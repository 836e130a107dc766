"""The patient door: pages on which patients connect their watches' accounts, and take that back."""
