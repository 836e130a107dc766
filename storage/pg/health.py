"""Checks whether the database answers, and lists its errors by what they mean.

It may not answer, or answer and take no row, or refuse what was sent.
"""

import asyncio

import psycopg

from storage.pg.pool import DsnError, Pool

# No server, no free connection in time, a statement or lock beyond its limit, or a server that does
# not answer.
AWAY: tuple[type[Exception], ...] = (psycopg.OperationalError,)
# It answers, and takes no row: with the audit log unwritable, a door may show nothing.
UNWRITABLE: tuple[type[Exception], ...] = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
)
# It takes no text with this character, which a request may hold in any of its parts.
NUL_IN_TEXT = psycopg.DataError
NOT_OURS: tuple[
    type[Exception], ...
] = (  # it answers, but it is not migrated, or not for this account
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InsufficientPrivilege,
)
WRONG_ADDRESS: tuple[type[Exception], ...] = (DsnError,)


def is_nul_in_text(error: Exception) -> bool:
    """Return whether an error is `NUL_IN_TEXT`; other errors of that class are defects of ours."""
    # psycopg finds it before anything is sent, and has no class or code of its own for it
    return isinstance(error, NUL_IN_TEXT) and "NUL" in str(error)


async def database_answers(pool: Pool, timeout_s: float = 2.0) -> bool:
    """Return whether a connection of the pool answers a query within `timeout_s` seconds."""
    try:
        # both limits: the pool's does not cover a server that accepts and then says nothing
        async with asyncio.timeout(timeout_s), pool.connection(timeout=timeout_s) as conn:
            await conn.execute("select 1")
    except (psycopg.OperationalError, TimeoutError):
        return False
    return True
