"""What changed, as it happens: LISTEN on a connection of its own. It reads notifications and nothing else."""

import json
from collections.abc import AsyncIterator

import psycopg

from .pool import CLINIC, address

CHANNEL = "kadens_changed"


class UnreachableError(ConnectionError):
    """The database cannot be reached, or went away."""


async def changes(dsn: str) -> AsyncIterator[frozenset[str]]:
    """Yield the pseudonyms of each notification, for ever; an empty set means that anything may have changed.

    The first one is yielded as soon as the connection listens, since something may have changed before that.
    Raises `UnreachableError` when the database cannot be reached or goes away.
    """
    try:
        async with await psycopg.AsyncConnection.connect(address(dsn, CLINIC), autocommit=True) as conn:
            await conn.execute(f"listen {CHANNEL}")
            yield frozenset()
            async for said in conn.notifies():
                yield pseudonyms(said.payload)
    except psycopg.OperationalError as error:
        raise UnreachableError("the database cannot be reached") from error


def pseudonyms(payload: str) -> frozenset[str]:
    """Read a payload: a JSON list of pseudonyms, or pseudonyms between commas or spaces."""
    if payload.startswith("["):
        return frozenset(str(one) for one in json.loads(payload))
    return frozenset(payload.replace(",", " ").split())
