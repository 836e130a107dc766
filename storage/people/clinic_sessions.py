"""Clinicians' sessions, shared by all clinician doors that use the same database.

No secret is stored. A session is alive until somebody ends it, until it expires, or until it was
not used for some time. Times are those of the door, not of the database.
"""

from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from storage.pg import rows
from storage.pg.pool import Connection, Pool

_KEPT_MS = 30 * 86_400_000  # how long the row of an expired session is kept
# every request would else write a row
TOUCH_MS = 30_000  # the time of last use is written at most this often

_PATIENCE_S = 2.0  # a page that is open waits no longer for the answer

_BEGIN = """
insert into clinic_session (id, subject, care_unit, issued_at, seen_at, expires_at)
select %(id)s, %(subject)s, u.id, to_timestamp(%(now)s / 1000.0), to_timestamp(%(now)s / 1000.0),
       to_timestamp(%(until)s / 1000.0) from care_unit u where u.name = %(unit)s
"""
_PRUNE = "delete from clinic_session where expires_at < to_timestamp(%s / 1000.0)"
_ALIVE = """
ended_at is null and expires_at > to_timestamp(%(now)s / 1000.0)
  and seen_at > to_timestamp((%(now)s - %(idle)s) / 1000.0)"""
# Read and touched in one statement.
# A session that has expired is not brought back: only one that is alive is touched.
_USE = f"""
with alive as (select id, seen_at from clinic_session where id = %(id)s and {_ALIVE}),
used as (
  update clinic_session s set seen_at = to_timestamp(%(now)s / 1000.0) from alive
   where s.id = alive.id and %(used)s \
and alive.seen_at < to_timestamp((%(now)s - {TOUCH_MS}) / 1000.0))
select exists (select from alive)
"""  # noqa: S608 - constants of this module
_WHICH = f"""\
select id::text from clinic_session where id = any(%(ids)s::uuid[]) \
and {_ALIVE}"""  # noqa: S608 - as above
_END = (
    "update clinic_session set ended_at = to_timestamp(%s / 1000.0) "
    "where id = %s and ended_at is null"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A new session: its id (a UUID), the clinician's subject and care unit, and its expiry."""

    id: str
    subject: str
    care_unit: str
    until_ms: int


async def begin_session(conn: Connection, session: Begun, now_ms: int) -> None:
    """Store a new session in the caller's transaction; remove sessions that expired long ago."""
    row = {"id": session.id, "subject": session.subject, "unit": session.care_unit}
    await conn.execute(_BEGIN, {**row, "now": now_ms, "until": session.until_ms})
    await conn.execute(_PRUNE, [now_ms - _KEPT_MS])


async def use_session(
    conn: Connection, session: str, now_ms: int, idle_ms: int, *, used: bool
) -> bool:
    """Return whether a session is alive; with `used`, it stays so for another `idle_ms`.

    It is one statement by primary key, because every request needs it.
    """
    params = {"id": session, "now": now_ms, "idle": idle_ms, "used": used}
    row = await (await conn.execute(_USE.encode(), params)).fetchone()
    return bool(row and row[0])


async def alive(
    conn: Connection, sessions: Collection[str], now_ms: int, idle_ms: int
) -> frozenset[str]:
    """Return the ids of those of these sessions that are alive."""
    params = {"ids": sorted(sessions), "now": now_ms, "idle": idle_ms}
    return frozenset(await rows.fetch_column(conn, _WHICH, params))


async def alive_now(
    pool: Pool, sessions: Collection[str], now_ms: int, idle_ms: int
) -> frozenset[str]:
    """Return those of these sessions that are alive; none while the database does not answer."""
    try:
        async with pool.connection(timeout=_PATIENCE_S) as conn:
            return await alive(conn, sessions, now_ms, idle_ms)
    except (psycopg.OperationalError, PoolTimeout):
        return frozenset()


async def end_session(conn: Connection, session: str, now_ms: int) -> bool:
    """End a session in the caller's transaction; return False if it had ended before.

    This ends it for every copy of its cookie, at every door.
    """
    return (await conn.execute(_END, [now_ms, session])).rowcount > 0
