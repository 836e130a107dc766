"""Releases bodies in quarantine whose account is linked by now, whichever came first.

`release` sees the bodies that are committed when an account is linked. A body whose transaction is
still open at that moment is not seen: without the sweep of `release_linked` it would wait for a
link that is there already, and be removed after a day.
"""

from model.calendar import DAY_MS, utc
from storage.pg.pool import Connection

_RELEASE = """
update quarantine set released_at = %s
where vendor = %s and account = %s and received_at > %s and released_at is null"""
_RELEASE_LINKED = """
update quarantine q set released_at = %s
from account a
where a.vendor = q.vendor and a.account = q.account and a.unlinked_at is null
  and q.released_at is null and a.linked_at < q.received_at + interval '1 day'"""


async def release(conn: Connection, vendor: str, account: str, now_ms: int) -> int:
    """Release what has waited less than a day for an account; return how many bodies."""
    row = [utc(now_ms), vendor, account, utc(now_ms - DAY_MS)]
    return (await conn.execute(_RELEASE, row)).rowcount


async def release_linked(conn: Connection, now_ms: int) -> int:
    """Release every waiting body whose account was linked within a day of receipt.

    Return how many.
    """
    return (await conn.execute(_RELEASE_LINKED, [utc(now_ms)])).rowcount
