"""Patients whose derived rows are stale since an instant, because a prescription was written.

The clinician door writes them, and the worker derives before it judges.
"""

from collections.abc import Collection

from model.calendar import utc
from storage.people.errors import UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection

_MARK = """
insert into stale_derivation (patient, since) select id, %s from patient where pseudonym = %s
on conflict (patient) do update set since = least(stale_derivation.since, excluded.since)"""
_TAKE = """
delete from stale_derivation s using patient p where p.id = s.patient and p.pseudonym = any(%s)
returning p.pseudonym, s.since as since_ms"""
_LOCK = "select id from patient where pseudonym = %s for no key update"


async def lock_patient(conn: Connection, patient: str) -> None:
    """Wait until nobody else writes of a patient (pseudonym), and lock it until the commit.

    Raises `UnknownNameError` for one who is not there, or was erased meanwhile.
    """
    if not (await conn.execute(_LOCK, [patient])).rowcount:
        raise UnknownNameError("there is no such patient")


async def request_derivation(conn: Connection, patient: str, since_ms: int) -> None:
    """Note that a patient must be derived anew from an instant on (epoch ms)."""
    await conn.execute(_MARK, [utc(since_ms), patient])


async def requested_derivations(conn: Connection, patients: Collection[str]) -> dict[str, int]:
    """Remove and return since when the rows of patients are stale (epoch ms), by pseudonym."""
    return dict(sorted(await rows.fetch(conn, _TAKE, [list(patients)], _since)))


def _since(row: rows.Row) -> tuple[str, int]:
    return row["pseudonym"], row["since_ms"]
