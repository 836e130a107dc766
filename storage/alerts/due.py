"""Patients that a judge must look at, and by when.

One row a patient: the earliest time that anybody asked for. Whoever takes a patient holds the
patient's lock first: the writer marks patients due under that lock, and two orders of locking would
be a deadlock.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from model.calendar import utc
from storage.pg.pool import Connection

_EXCLUSIVE = 0x7265706C  # "repl"
_MARK = """
insert into due (patient, at, why) select id, %s, %s from patient where pseudonym = any(%s) order by id
on conflict (patient) do update set at = excluded.at, why = excluded.why where excluded.at < due.at"""
_TAKE = """
with picked as materialized (
  select p.id, p.pseudonym from due d join patient p on p.id = d.patient
  where d.at <= %s order by d.at, p.id limit %s for no key update of p skip locked),
free as materialized (select * from picked where pg_try_advisory_xact_lock_shared(%s, id))
delete from due using free where due.patient = free.id returning free.pseudonym, due.at"""
_SETTLE = """
with said as materialized (
  select p.id, k.at from unnest(%s::text[], %s::timestamptz[]) as k (pseudonym, at) join patient p using (pseudonym)),
gone as (delete from due using said where due.patient = said.id and said.at is null)
insert into due (patient, at, why) select id, at, 'next' from said where at is not null order by id
on conflict (patient) do update set at = excluded.at, why = excluded.why"""


async def mark(conn: Connection, patient: str, at_ms: int, why: str) -> None:
    """Ask for a look at a patient at an instant or before; an earlier request stands."""
    await mark_all(conn, [patient], at_ms, why)


async def mark_all(conn: Connection, patients: Collection[str], at_ms: int, why: str) -> None:
    """Ask for a look at several patients; unknown ones are passed over."""
    await conn.execute(_MARK, [utc(at_ms), why, list(patients)])


async def take(conn: Connection, now_ms: int, n: int) -> list[str]:
    """Lock, remove and return up to `n` patients due by now, the longest waiting first.

    Locked ones are skipped. So are those whose bodies are being read again (`exclusive`): they are
    judged by what they were or by what they will be, never by what lies between. They are due again
    if the caller's transaction rolls back, so judge them in that transaction.
    """
    rows = await (await conn.execute(_TAKE, [utc(now_ms), n, _EXCLUSIVE])).fetchall()
    return [pseudonym for pseudonym, _ in sorted(rows, key=lambda row: (row[1], row[0]))]


@asynccontextmanager
async def exclusive(conn: Connection, patient: int) -> AsyncIterator[None]:
    """Keep the judge and every other replay away from a patient (a surrogate) while the block runs.

    The lock is the connection's: it outlives transactions and ends with the process, however that
    ends.
    """
    await conn.execute("select pg_advisory_lock(%s, %s)", [_EXCLUSIVE, patient])
    await conn.commit()
    try:
        yield
    finally:
        await conn.execute("select pg_advisory_unlock(%s, %s)", [_EXCLUSIVE, patient])
        await conn.commit()


async def settle_all(conn: Connection, nexts: Mapping[str, int | None]) -> None:
    """Replace what was asked for by the next time that a look at each patient is needed, None for never.

    Only for the judge, who holds the patients' locks and has seen everything up to now.
    """
    times = [None if at is None else utc(at) for at in nexts.values()]
    await conn.execute(_SETTLE, [list(nexts), times])
