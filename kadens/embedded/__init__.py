"""The real parts of Kadens on one machine, without Docker, as context managers.

Nothing here knows what Kadens does with a broker or a database.
"""
