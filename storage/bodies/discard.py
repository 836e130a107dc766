"""Removes files of the body store that no row needs any more.

A transaction that gives up a file notes its address; `remove_discarded` removes the file later.
After a crash between the two, its next call finds the note. A file is never removed before its note
is committed, because a transaction that rolls back still needs it.
"""

from collections.abc import Collection

from storage.bodies.body_store import BodyStorage
from storage.pg import rows
from storage.pg.pool import Connection

# small, because the rows stay locked while the store removes the files
_PORTION = 100  # files removed in one transaction
_MARK = "insert into discarded (address) select unnest(%s::text[]) on conflict do nothing"
_NEXT = "select address from discarded order by address limit %s for update skip locked"
_GONE = "delete from discarded where address = any(%s)"


async def note_discarded(conn: Connection, addresses: Collection[str]) -> None:
    """Note files to remove once the caller's transaction has committed."""
    if addresses:
        await conn.execute(_MARK, [sorted(addresses)])


async def remove_discarded(conn: Connection, store: BodyStorage) -> int:
    """Remove the noted files from the store, and return how many.

    Each portion is a transaction. Call it outside of one: within a transaction, nothing is
    committed portion by portion.
    """
    removed = 0
    while count := await _portion(conn, store):
        removed += count
    return removed


async def _portion(conn: Connection, store: BodyStorage) -> int:
    async with conn.transaction():
        addresses: list[str] = await rows.fetch_column(conn, _NEXT, [_PORTION])
        # the file before the row: after a crash in between the row is found again, and deleting a
        # file that is gone does nothing
        for address in addresses:
            await store.delete(address)
        if addresses:
            await conn.execute(_GONE, [addresses])
    return len(addresses)
