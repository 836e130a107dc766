"""A package, so that what its tests share, log and database, ends with the last of them.

Of the session they would run on beside all later tests.
"""
