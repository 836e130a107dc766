"""Distinguishes an outage of the database from an error that some rows have caused."""

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

# Errors of the connection, never of a row: a row that fails would fail again, for ever.
_OUTAGES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
    PoolClosed,
    TooManyRequests,
)


def is_outage(error: BaseException) -> bool:
    """Return whether the same statements are likely to succeed later.

    This is so when there is no connection, when a lock is held for too long, or when the server
    stops.
    """
    return isinstance(error, _OUTAGES)
