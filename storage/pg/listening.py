"""Listens for changes on a connection of its own (LISTEN).

It reads notifications and nothing else. A notification has only the name of a care unit, so that a
listener learns nothing about a patient.
"""

from collections.abc import AsyncIterator

import psycopg

from storage.pg import granting
from storage.pg.pool import CLINIC_LIMITS, address

CHANGES_CHANNEL = "kadens_changed"


class UnreachableError(ConnectionError):
    """The database cannot be reached, or the connection to it was lost."""


async def changes(dsn: str, role: str = "") -> AsyncIterator[str]:
    """Yield the care unit of each notification, without end.

    The first value is "", as soon as the connection listens. It means that anything may have
    changed anywhere, because changes before that moment were missed. Raises `UnreachableError` when
    the database cannot be reached or the connection is lost.
    """
    try:
        # a connection of its own, outside the pool: it listens for hours and never comes back
        async with await psycopg.AsyncConnection.connect(
            address(dsn, CLINIC_LIMITS), autocommit=True
        ) as conn:
            if role:
                await granting.become(conn, role)
            await conn.execute(f"listen {CHANGES_CHANNEL}")
            # after "listen", so that no change falls between the two
            yield ""
            async for notify in conn.notifies():
                yield notify.payload
    except psycopg.OperationalError as error:
        raise UnreachableError("the database cannot be reached") from error
