"""Patients that a judge must look at, and by when; no two workers take the same patient at once.

Each patient has at most one row, with the earliest time that was requested and why each look was
requested: an alert that is withdrawn then says what has changed. The patient's lock is taken before
the row: the writer marks patients as due while it holds that lock, so another order of locking
could deadlock.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from model.calendar import utc
from storage.pg.pool import Connection

MOVED = "alert "  # begins why a patient is due of whom a person has moved an alert
# Against replay, which takes this advisory lock exclusively; a judge takes it shared. Two judges
# are kept apart by the row of the patient: `_TAKE` skips one that is locked.
_EXCLUSIVE = 0x7265706C  # "repl"
_MARK = """
insert into due (patient, at, why) select id, %s, %s from patient \
where pseudonym = any(%s) order by id
on conflict (patient) do update set at = least(due.at, excluded.at), why = case
  when due.why = 'next' then excluded.why
  when excluded.why = any(string_to_array(due.why, '; ')) then due.why
  else due.why || '; ' || excluded.why end
where excluded.at < due.at or excluded.why <> all(string_to_array(due.why, '; '))"""
# `materialized` keeps the planner from trying the advisory lock for patients beyond the limit.
_TAKE = """
with picked as materialized (
  select p.id, p.pseudonym from due d join patient p on p.id = d.patient
  where d.at <= %s order by d.at, p.id limit %s for no key update of p skip locked),
free as materialized (select * from picked where pg_try_advisory_xact_lock_shared(%s, id))
delete from due using free where due.patient = free.id returning free.pseudonym, due.at, due.why"""
# One statement for all patients of a flush: each round trip prolongs the locks.
_SETTLE = """
with wanted as materialized (
  select p.id, k.at from unnest(%s::text[], %s::timestamptz[]) as k (pseudonym, at) \
join patient p using (pseudonym)),
gone as (delete from due using wanted where due.patient = wanted.id and wanted.at is null)
insert into due (patient, at, why)
select id, at, 'next' from wanted where at is not null order by id
on conflict (patient) do update set at = excluded.at, why = excluded.why"""


async def mark_due(conn: Connection, patient: str, at_ms: int, why: str) -> None:
    """Request a look at a patient at `at_ms` (epoch ms), or earlier where that was requested."""
    await mark_all(conn, [patient], at_ms, why)


async def mark_all(conn: Connection, patients: Collection[str], at_ms: int, why: str) -> None:
    """Request a look at several patients, as `mark_due` does; unknown patients are ignored."""
    await conn.execute(_MARK, [utc(at_ms), why, list(patients)])


async def take_due(conn: Connection, now_ms: int, n: int) -> dict[str, frozenset[str]]:
    """Lock and remove up to `n` patients due by now; return why each is, the longest waiting first.

    Locked patients are skipped. So are patients whose payloads are being read again (`exclusive`):
    they are judged by their state before or after the replay, never by a state in between. Judge
    the patients in the caller's transaction: if it rolls back, they are due again.
    """
    taken = await (await conn.execute(_TAKE, [utc(now_ms), n, _EXCLUSIVE])).fetchall()
    # "returning" keeps no order; the pseudonym decides between equal times, so the order is fixed
    in_order = sorted(taken, key=lambda row: (row[1], row[0]))
    return {pseudonym: frozenset(why.split("; ")) for pseudonym, _, why in in_order}


@asynccontextmanager
async def exclusive(conn: Connection, patient: int) -> AsyncIterator[None]:
    """Keep the judge and every other replay away from a patient (by id) while the block runs.

    The lock belongs to the connection. It outlives transactions and is released when the process
    ends, even by a crash.
    """
    await conn.execute("select pg_advisory_lock(%s, %s)", [_EXCLUSIVE, patient])
    # the lock stays with the connection; an open transaction would hold back the vacuum
    await conn.commit()
    try:
        yield
    finally:
        await conn.execute("select pg_advisory_unlock(%s, %s)", [_EXCLUSIVE, patient])
        await conn.commit()


async def settle_all(conn: Connection, nexts: Mapping[str, int | None]) -> None:
    """Replace all requests for these patients by the next time a look is needed, None for never.

    Times are epoch ms by pseudonym. Only the judge may call this: it holds the patients' locks and
    has seen every change up to now.
    """
    times = [None if at is None else utc(at) for at in nexts.values()]
    await conn.execute(_SETTLE, [list(nexts), times])
