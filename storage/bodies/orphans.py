"""Removes files of the body store that no row and no message names.

A crash leaves such a file when it comes between writing the file and committing its row. The store
is listed in portions, and each portion is compared with the database, so that memory does not grow
with the store.
"""

from storage.bodies.body_store import INCOMING, PACKED, BodyStorage
from storage.pg import rows
from storage.pg.pool import Pool

# one look into an index for each address, of a portion that the store has listed
_NAMED = """
select k.address from unnest(%s::text[]) as k (address) \
where exists (select from body b where b.address = k.address)
or exists (select from quarantine q where q.address = k.address)
or exists (select from dead_letter d where d.address = k.address)"""
# an older version left large bodies in quarantine where they came in
_HELD_THERE = "select headers->>'address' from quarantine where wrapped is null"
PACKED_AGE_S = 86_400.0  # no transaction between a file and its row takes so long


async def sweep_packed(pool: Pool, store: BodyStorage, age_s: float = PACKED_AGE_S) -> int:
    """Remove sealed bodies older than `age_s` that no row names, and return how many.

    `age_s` must be longer than any transaction: the file of a row that is not committed yet looks
    like an orphan.
    """
    removed = 0
    async for addresses in store.older(PACKED, age_s):
        async with pool.connection() as conn:
            named = await rows.fetch_column(conn, _NAMED, [addresses])
        removed += await _remove(store, addresses, keep=set(named))
    return removed


async def sweep_incoming(pool: Pool, store: BodyStorage, age_s: float) -> int:
    """Remove bodies that came in longer than `age_s` ago, and return how many.

    The caller must know that no unread message can name any of them.
    """
    async with pool.connection() as conn:
        held = set(await rows.fetch_column(conn, _HELD_THERE))
    removed = 0
    async for addresses in store.older(INCOMING, age_s):
        # read once before the sweep: bodies in quarantine are never put into this room any more
        removed += await _remove(store, addresses, keep=held)
    return removed


async def _remove(store: BodyStorage, addresses: list[str], keep: set[str]) -> int:
    unnamed = set(addresses) - keep
    for address in unnamed:
        await store.delete(address)
    return len(unnamed)
