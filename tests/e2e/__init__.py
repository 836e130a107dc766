"""A package, so that what its tests share, a running Kadens, ends with the last of them.

Of the session it would run on beside all later tests.
"""
