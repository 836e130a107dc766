"""Depth of the property tests: `--hypothesis-profile=deep` gives the invariants 20,000 examples instead of 1,000."""

from hypothesis import settings

settings.register_profile("deep", max_examples=20_000, deadline=None)
