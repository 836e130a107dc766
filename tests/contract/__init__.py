"""A package, so that what its tests share, log and workers, ends with the last of them.

Of the session they would run on beside all later tests.
"""
