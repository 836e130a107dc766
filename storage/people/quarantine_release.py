"""Releases payloads in quarantine whose account is linked, whichever came first.

`release` finds the payloads that are committed when an account is linked. It does not find a
payload whose transaction is still open at that moment. Without `release_linked`, such a payload
would wait for a link that exists already, and be removed after a day.
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
    """Release the payloads that have waited less than a day for an account; return how many."""
    row = [utc(now_ms), vendor, account, utc(now_ms - DAY_MS)]
    return (await conn.execute(_RELEASE, row)).rowcount


async def release_linked(conn: Connection, now_ms: int) -> int:
    """Release every waiting payload whose account was linked within a day of receipt.

    Returns how many payloads were released.
    """
    return (await conn.execute(_RELEASE_LINKED, [utc(now_ms)])).rowcount
