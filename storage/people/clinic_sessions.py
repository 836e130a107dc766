"""Clinicians' sessions at the door, shared by every door of one database: begun, looked at, ended.

It keeps no secret. A session is alive until it is ended, has run out, or was not used for a while.
Times are the door's own.
"""

from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from storage.pg.pool import Connection, Pool

_KEPT_MS = 30 * 86_400_000  # an ended session is remembered so long
TOUCH_MS = 30_000  # a session in use is written down at most so often

_PATIENCE_S = 2.0

_BEGIN = """
insert into clinic_session (id, subject, care_unit, issued_at, seen_at, expires_at)
select %(id)s, %(subject)s, u.id, to_timestamp(%(now)s / 1000.0), to_timestamp(%(now)s / 1000.0),
       to_timestamp(%(until)s / 1000.0) from care_unit u where u.name = %(unit)s
"""
_PRUNE = "delete from clinic_session where expires_at < to_timestamp(%s / 1000.0)"
_ALIVE = """
ended_at is null and expires_at > to_timestamp(%(now)s / 1000.0)
  and seen_at > to_timestamp((%(now)s - %(idle)s) / 1000.0)"""
_USE = f"""
with alive as (select id, seen_at from clinic_session where id = %(id)s and {_ALIVE}),
used as (
  update clinic_session s set seen_at = to_timestamp(%(now)s / 1000.0) from alive
   where s.id = alive.id and %(used)s and alive.seen_at < to_timestamp((%(now)s - {TOUCH_MS}) \
/ 1000.0))
select exists (select from alive)
"""  # noqa: S608 - constants of this module
_WHICH = f"select id::text from clinic_session where id = any(%(ids)s::uuid[]) and {_ALIVE}"  # noqa: S608 - as above
_END = "update clinic_session set ended_at = to_timestamp(%s / 1000.0) where id = %s and ended_at is null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that begins: its id (a UUID), whose it is, and when it ends at the latest."""

    id: str
    subject: str
    care_unit: str
    until_ms: int


async def begin(conn: Connection, session: Begun, now_ms: int) -> None:
    """Write a session down in the caller's transaction; long ended ones are forgotten."""
    row = {"id": session.id, "subject": session.subject, "unit": session.care_unit}
    await conn.execute(_BEGIN, {**row, "now": now_ms, "until": session.until_ms})
    await conn.execute(_PRUNE, [now_ms - _KEPT_MS])


async def use(conn: Connection, session: str, now_ms: int, idle_ms: int, *, used: bool) -> bool:
    """Return whether a session is alive; `used` keeps it so for another `idle_ms`.

    One statement by primary key.
    """
    requested = {"id": session, "now": now_ms, "idle": idle_ms, "used": used}
    row = await (await conn.execute(_USE.encode(), requested)).fetchone()
    return bool(row and row[0])


async def alive(
    conn: Connection, sessions: Collection[str], now_ms: int, idle_ms: int
) -> frozenset[str]:
    """Return which of these sessions are alive."""
    requested = {"ids": sorted(sessions), "now": now_ms, "idle": idle_ms}
    return frozenset(
        id_ for (id_,) in await (await conn.execute(_WHICH.encode(), requested)).fetchall()
    )


async def alive_now(
    pool: Pool, sessions: Collection[str], now_ms: int, idle_ms: int
) -> frozenset[str]:
    """Return which of these sessions are alive; none while the database does not answer."""
    try:
        async with pool.connection(timeout=_PATIENCE_S) as conn:
            return await alive(conn, sessions, now_ms, idle_ms)
    except (psycopg.OperationalError, PoolTimeout):
        return frozenset()


async def end(conn: Connection, session: str, now_ms: int) -> bool:
    """End a session, in the caller's transaction, for every copy of its cookie and at every door.

    False if it had.
    """
    return (await conn.execute(_END, [now_ms, session])).rowcount > 0
