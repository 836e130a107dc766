"""Files of the body store that nothing needs any more.

Noted with the transaction that let go of them, then removed. A crash between the two leaves the
note, and the next `finish` removes the file. Nothing is removed before its note has committed:
until then a transaction that rolls back still needs the file.
"""

from collections.abc import Collection

from storage.bodies.body_store import BodyStore
from storage.pg.pool import Connection

_PORTION = 100  # files removed in one transaction
_MARK = "insert into discarded (address) select unnest(%s::text[]) on conflict do nothing"
_NEXT = "select address from discarded order by address limit %s for update skip locked"
_GONE = "delete from discarded where address = any(%s)"


async def mark(conn: Connection, addresses: Collection[str]) -> None:
    """Note files that are to be removed once the caller's transaction has committed."""
    if addresses:
        await conn.execute(_MARK, [sorted(addresses)])


async def finish(conn: Connection, store: BodyStore) -> int:
    """Remove what was noted, and return how many files.

    A portion a transaction, none when called within one.
    """
    removed = 0
    while count := await _portion(conn, store):
        removed += count
    return removed


async def _portion(conn: Connection, store: BodyStore) -> int:
    async with conn.transaction():
        rows = await (await conn.execute(_NEXT, [_PORTION])).fetchall()
        addresses: list[str] = [address for (address,) in rows]
        for address in addresses:
            await store.delete(address)
        if addresses:
            await conn.execute(_GONE, [addresses])
    return len(addresses)
