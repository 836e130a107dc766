"""Tells an outage of the database from an error that some rows have caused. Pure."""

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

_OUTAGES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
    PoolClosed,
    TooManyRequests,
)


def is_outage(error: BaseException) -> bool:
    """Tell whether the same statements may well succeed later.

    No connection, a lock, a server that stops.
    """
    return isinstance(error, _OUTAGES)
