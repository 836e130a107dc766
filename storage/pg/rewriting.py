"""Writes all tables anew, so that nothing of rows that were deleted is left in PostgreSQL's files.

A deleted row stays in its file until something else is written there, and the planner's statistics
keep examples of values, those of an emptied table for ever. Nothing here changes a row, nor removes
what the write-ahead log has of it (`write_ahead`).
"""

from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege

from storage.pg.pool import LONG, address
from storage.pg.roles import TABLES

# Indexes on expressions have statistics of their own.
_FORGET = """
with ours as (select to_regclass(name) as id from unnest(%s::text[]) as name)
select pg_clear_attribute_stats(n.nspname::text, c.relname::text, a.attname::text, false)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid in (select id from ours)
  or c.oid in (select indexrelid from pg_index where indrelid in (select id from ours))"""


class NotOwnerError(RuntimeError):
    """The login may not write the tables anew."""


async def rewrite_tables(dsn: str) -> None:
    """Write all tables and indexes of a database anew, and look at its values again.

    Each table is locked meanwhile, so processes wait. Raises `NotOwnerError` for a login that does
    not own the database.
    """
    try:
        await _rewrite(dsn)
    except InsufficientPrivilege:
        raise NotOwnerError(
            "this login may not write the tables anew; the one that runs `kadens migrate` may"
        ) from None


async def _rewrite(dsn: str) -> None:
    async with await AsyncConnection.connect(address(dsn, LONG), autocommit=True) as conn:
        await conn.execute(_FORGET, [sorted(TABLES)])
        await conn.execute("vacuum (full, analyze)")
        # once more by itself: the statement before still sees what it has replaced in there
        await conn.execute("vacuum full pg_statistic")
