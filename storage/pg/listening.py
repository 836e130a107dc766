"""What changed, as it happens: LISTEN on a connection of its own.

It reads notifications and nothing else. A notification is the name of a care unit: whoever may
listen on this database learns of no patient.
"""

from collections.abc import AsyncIterator

import psycopg

from storage.pg import roles
from storage.pg.pool import CLINIC_LIMITS, address

CHANNEL = "kadens_changed"


class UnreachableError(ConnectionError):
    """The database cannot be reached, or went away."""


async def changes(dsn: str, role: str = "") -> AsyncIterator[str]:
    """Yield the care unit of each notification, for ever.

    "" means that anything may have changed anywhere. The first one is yielded as soon as the
    connection listens, since something may have changed before that. Raises `UnreachableError` when
    the database cannot be reached or goes away.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            address(dsn, CLINIC_LIMITS), autocommit=True
        ) as conn:
            if role:
                await roles.become(conn, role)
            await conn.execute(f"listen {CHANNEL}")
            yield ""
            async for notify in conn.notifies():
                yield notify.payload
    except psycopg.OperationalError as error:
        raise UnreachableError("the database cannot be reached") from error
