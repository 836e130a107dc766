"""Releases payloads in quarantine whose account is linked, whichever came first.

`release` finds the payloads that are committed when an account is linked. It does not find a
payload whose transaction is still open at that moment. Without `release_linked`, such a payload
would wait for a link that exists already, and be removed after a day.
"""

from model.calendar import DAY_MS, epoch_ms, utc
from storage.pg import rows
from storage.pg.pool import Connection

# The rows are locked in order of their key before any is changed (the order of locks in `storage`).
_RELEASE = """
with held as (
  select cluster, topic, part, "offset" from quarantine
  where vendor = %s and account = %s and received_at > %s and released_at is null
  order by cluster, topic, part, "offset" for update)
update quarantine q set released_at = %s from held h
where (q.cluster, q.topic, q.part, q."offset") = (h.cluster, h.topic, h.part, h."offset")"""
# Waits for nobody: a row that another transaction has locked is found by the next call.
_RELEASE_LINKED = """
with held as (
  select q.cluster, q.topic, q.part, q."offset"
  from quarantine q join account a using (vendor, account)
  where a.unlinked_at is null and q.released_at is null
    and a.linked_at < q.received_at + interval '1 day'
  for update of q skip locked)
update quarantine q set released_at = %s from held h
where (q.cluster, q.topic, q.part, q."offset") = (h.cluster, h.topic, h.part, h."offset")"""


_RECEIVED = """
select received_at from quarantine where vendor = %s and account = %s and released_at = %s"""


async def release(conn: Connection, vendor: str, account: str, now_ms: int) -> int:
    """Release the payloads that have waited less than a day for an account; return how many."""
    row = [vendor, account, utc(now_ms - DAY_MS), utc(now_ms)]
    return (await conn.execute(_RELEASE, row)).rowcount


async def receipts_of_released(
    conn: Connection, vendor: str, account: str, now_ms: int
) -> list[int]:
    """Return when each payload came (epoch ms) that was released for an account at an instant."""
    times = await rows.fetch_column(conn, _RECEIVED, [vendor, account, utc(now_ms)])
    return list(map(epoch_ms, times))


async def release_linked(conn: Connection, now_ms: int) -> int:
    """Release every waiting payload whose account was linked within a day of receipt.

    Returns how many payloads were released.
    """
    return (await conn.execute(_RELEASE_LINKED, [utc(now_ms)])).rowcount
