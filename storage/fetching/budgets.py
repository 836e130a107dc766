"""Counts requests to each vendor in the database, so that all fetchers share a budget.

Requests are counted in slots, each a thirtieth of the shortest window. A window is full when the
slots that touch it hold its number of requests. Wherever the vendor's own window begins, and
whether it slides or not, we never ask more often than it allows. A transaction that counts locks
the row of the application and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from model.calendar import epoch_ms, utc
from storage.pg.pool import Connection

SLOTS = 30  # of the shortest window
_OPEN = "insert into vendor_application (connector) values (%s) on conflict do nothing"
_LOCK = "select closed_until from vendor_application where connector = %s for update"
_USED = """
select coalesce(sum(requests), 0), min(slot) from vendor_request \
where connector = %s and slot > %s"""
_COUNT = """
insert into vendor_request as r (connector, slot, requests) values (%s, %s, %s)
on conflict (connector, slot) do update set requests = r.requests + excluded.requests"""
_FORGET = "delete from vendor_request where connector = %s and slot <= %s"
_CLOSE = """
update vendor_application set closed_until = greatest(closed_until, %s) where connector = %s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWindow:
    """At most `requests` within any `window_ms` milliseconds."""

    window_ms: int
    requests: int


async def spend_request(
    conn: Connection, connector: str, budget: Sequence[BudgetWindow], now_ms: int
) -> int:
    """Count a request and return 0, or return for how many ms nothing may be asked.

    Commit at once: other fetchers wait for this transaction.
    """
    granted, wait_ms = await spend_requests(conn, connector, budget, now_ms)
    return 0 if granted else wait_ms


async def spend_requests(
    conn: Connection,
    connector: str,
    budget: Sequence[BudgetWindow],
    now_ms: int,
    *,
    wanted: int = 1,
    is_past: bool = False,
) -> tuple[int, int]:
    """Count as many of the wanted requests as there is room for.

    Returns how many, and for how many ms the others have to wait. What is of the past has half of
    each window, so that what is new always finds room. Commit at once: other fetchers wait for this
    transaction.
    """
    await conn.execute(_OPEN, [connector])
    row = await (await conn.execute(_LOCK, [connector])).fetchone()
    closed_ms = epoch_ms(row[0]) if row is not None and row[0] is not None else 0
    if closed_ms > now_ms:
        return 0, closed_ms - now_ms
    slot_ms = max(1, min(window.window_ms for window in budget) // SLOTS)
    granted, wait_ms = wanted, 0
    for window in budget:
        share = max(1, window.requests // 2) if is_past else window.requests
        room, full_ms = await _room(conn, connector, window.window_ms, share, slot_ms, now_ms)
        if room < wanted:
            granted, wait_ms = min(granted, room), max(wait_ms, full_ms)
    if granted:
        await conn.execute(_COUNT, [connector, utc(now_ms // slot_ms * slot_ms), granted])
        longest_ms = max(window.window_ms for window in budget)
        await conn.execute(_FORGET, [connector, utc(now_ms - longest_ms - 2 * slot_ms)])
    return granted, wait_ms


async def close_until(conn: Connection, connector: str, until_ms: int) -> None:
    """Ask a vendor nothing until an instant (epoch ms), because it wants us to wait."""
    await conn.execute(_OPEN, [connector])
    await conn.execute(_CLOSE, [utc(until_ms), connector])


async def _room(
    conn: Connection, connector: str, window_ms: int, share: int, slot_ms: int, now_ms: int
) -> tuple[int, int]:
    """Return how many requests a window has room for, and in how many ms it has room for more."""
    # one slot longer than the window: a request is on its way for a while before it is counted
    since_ms = now_ms - window_ms - slot_ms
    row = await (await conn.execute(_USED, [connector, utc(since_ms)])).fetchone()
    used, first = row if row is not None else (0, None)
    more_ms = slot_ms if first is None else max(1, epoch_ms(first) - since_ms)
    return max(0, share - int(used)), more_ms
