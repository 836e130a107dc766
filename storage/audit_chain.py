"""Reads the audit log beside its chain, in the order of the links. It never writes.

What it reads is judged by `model.audit_log.chain`. The rows come through a cursor of the server, so
that a log of any length takes the same memory.
"""

from collections.abc import AsyncIterator

from psycopg.rows import class_row

from model.audit_log.chain import ChainHead, ChainRow
from storage.pg.pool import Connection

_PORTION = 5_000
# A full join: a row without a link and a link without a row are both of interest.
_CHAIN = """
select c.seq, coalesce(c.about, '') as about, coalesce(c.hash, '') as hash, a.id as row,
  coalesce(audit_micros(a.at), 0) as at_us, coalesce(a.actor, '') as actor,
  coalesce(a.role, '') as role, a.care_unit, coalesce(a.action, '') as action,
  coalesce(audit_micros(a.recorded_at), 0) as recorded_us, a.patient,
  coalesce(a.object, '') as object, coalesce(a.detail::text, '{}') as detail, a.salt,
  coalesce(a.erasure is not null and a.patient is null and a.object = '' and a.detail = '{}',
    false) as is_erased
from audit_chain c full join audit a on a.id = c.audit
order by c.seq nulls last, a.id"""
_HEAD = "select seq, hash from audit_chain order by seq desc limit 1"


async def chain_rows(conn: Connection) -> AsyncIterator[ChainRow]:
    """Yield each row of the log with its link, those without a link last."""
    async with conn.cursor(name="audit_chain", row_factory=class_row(ChainRow)) as cursor:
        cursor.itersize = _PORTION
        await cursor.execute(_CHAIN)
        async for row in cursor:
            yield row


async def chain_head(conn: Connection) -> ChainHead:
    """Return the last link of the chain; of an empty log it is number 0, with an empty hash."""
    row = await (await conn.execute(_HEAD)).fetchone()
    return ChainHead(seq=row[0], hash=bytes(row[1])) if row else ChainHead(seq=0, hash=b"")
