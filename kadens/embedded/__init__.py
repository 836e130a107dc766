"""The real parts of Kadens on one machine, without Docker; each is a context manager that gives an address.

Nothing here knows what Kadens does with a broker or a database.
"""
