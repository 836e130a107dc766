"""Queries for the patient door: a patient's own data. It never writes and decides nothing.

The patient is named by the session's row, never by what a request sends.
"""

from dataclasses import dataclass
from datetime import date

from model.derived.days import Week
from model.derived.sessions import Session
from storage.audit_actions import LISTING_ACTIONS, READING_ACTIONS, REFUSED_ACTIONS
from storage.derived import row_conversion
from storage.pg import rows
from storage.pg.pool import Connection

_ZONE = "select zone from patient where id = %s"
_WEEKS = f"""
select {row_conversion.prefixed("w", row_conversion.WEEK_COLUMNS[1:])}
  from week w where w.patient = %(patient)s and w.monday >= %(since)s order by w.monday
"""  # noqa: S608 - a constant of this package
_SESSIONS = f"""
select {row_conversion.SESSION_SELECT}
  from session s join patient p on p.id = s.patient
  join source d on d.id = s.declared_by left join source h on h.id = s.heart_source
 where s.patient = %(patient)s and s.local_date >= %(since)s
 order by s.start_at desc, s.session limit %(limit)s
"""  # noqa: S608 - a constant of this package
# One line a person and day, however often a page was opened.
_READERS = """
select (a.at at time zone p.zone)::date as local_date,
       case when a.role = 'operator' then ''
         else coalesce(nullif(c.name, ''), a.actor) end as actor,
       coalesce(u.name, '') as care_unit,
       count(*) filter (where a.action = any(%(reading)s)) as reads,
       count(*) filter (where a.action = any(%(listing)s)) as listed,
       count(*) filter (where a.action = any(%(refused)s)) as refused,
       count(*) filter (where a.action <> all(%(reading)s || %(listing)s || %(refused)s)) as changes
  from audit a join patient p on p.id = a.patient left join care_unit u on u.id = a.care_unit
  left join clinician c on c.subject = a.actor
 where a.patient = %(patient)s and a.role <> 'patient'
 group by 1, 2, 3 order by 1 desc, max(a.id) desc limit %(limit)s
"""
_KINDS = {
    "reading": sorted(READING_ACTIONS),
    "listing": sorted(LISTING_ACTIONS),
    "refused": sorted(REFUSED_ACTIONS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccess:
    """What a person did with a patient's data on a local date: opened, seen on lists, changed.

    `refused` are the requests that were refused: they showed and changed nothing. `actor` is "" for
    whoever runs the system: the name of their account tells a patient nothing.
    """

    local_date: date
    actor: str
    care_unit: str
    reads: int
    listed: int
    refused: int
    changes: int


async def own_zone(conn: Connection, patient: int) -> str:
    """Return the time zone of a patient's days and weeks."""
    [zone] = await rows.fetch_column(conn, _ZONE, [patient])
    return str(zone)


async def own_weeks(conn: Connection, patient: int, since: date) -> tuple[Week, ...]:
    """Return a patient's weeks from a Monday on, oldest first."""
    params = {"patient": patient, "since": since}
    return tuple(await rows.fetch(conn, _WEEKS, params, row_conversion.read_week))


async def own_sessions(
    conn: Connection, patient: int, since: date, limit: int
) -> tuple[Session, ...]:
    """Return a patient's sessions from a local date on, newest first."""
    params = {"patient": patient, "since": since, "limit": limit}
    return tuple(await rows.fetch(conn, _SESSIONS, params, row_conversion.read_session))


async def own_readers(conn: Connection, patient: int, limit: int) -> tuple[OwnAccess, ...]:
    """Return who looked at a patient's data, newest first; the patient's own looks are left out."""
    params: rows.Row = {"patient": patient, "limit": limit, **_KINDS}
    return tuple(await rows.fetch_as(conn, _READERS, params, OwnAccess))
