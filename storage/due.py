"""Patients that a judge must look at, and by when. One row a patient: the earliest time that anybody asked for."""

from collections.abc import Collection

from ..model.calendar import utc
from .pool import Connection

_MARK = """
insert into due (patient, at, why) select id, %s, %s from patient where pseudonym = any(%s) order by id
on conflict (patient) do update set at = excluded.at, why = excluded.why where excluded.at < due.at"""
_TAKE = """
delete from due where patient in (
  select d.patient from due d where d.at <= %s order by d.at, d.patient limit %s for update skip locked)
returning (select pseudonym from patient p where p.id = due.patient), at, why"""


async def mark(conn: Connection, patient: str, at_ms: int, why: str) -> None:
    """Ask for a look at a patient at an instant or before; an earlier request stands."""
    await mark_all(conn, [patient], at_ms, why)


async def mark_all(conn: Connection, patients: Collection[str], at_ms: int, why: str) -> None:
    """Ask for a look at several patients; unknown ones are passed over."""
    await conn.execute(_MARK, [utc(at_ms), why, list(patients)])


async def take(conn: Connection, now_ms: int, n: int) -> list[str]:
    """Remove and return up to `n` patients due by now, the longest waiting first; another worker's are skipped.

    They are due again if the caller's transaction rolls back, so judge them in that transaction.
    """
    rows = await (await conn.execute(_TAKE, [utc(now_ms), n])).fetchall()
    return [pseudonym for pseudonym, _, _ in sorted(rows, key=lambda row: (row[1], row[0]))]
