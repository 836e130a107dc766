"""Releases bodies in quarantine whose account is linked by now, whoever came first.

Linking releases what it sees, but a body that was put away in a transaction still open at that moment is not seen:
without this sweep it would wait for a link that is there already, and be forgotten after a day.
"""

from model.calendar import utc
from storage.pg.pool import Connection

_RELEASE = """
update quarantine q set released_at = %s from account a
where a.vendor = q.vendor and a.account = q.account and a.unlinked_at is null and q.released_at is null
  and a.linked_at < q.received_at + interval '1 day'"""


async def release_linked(conn: Connection, now_ms: int) -> int:
    """Mark every waiting body of an account that was linked within a day and is now, and return how many."""
    return (await conn.execute(_RELEASE, [utc(now_ms)])).rowcount
