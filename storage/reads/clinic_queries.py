"""Queries for the clinician door: the worklist and the page of a patient. It never writes.

Every query is limited to a care unit. For a patient of another care unit the answer is the same as
for a patient that does not exist, so that it reveals nothing. All functions take an open connection
and return the frozen values of `shown_values` and `model`.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import TypeVar

from model.derived.days import Week
from model.derived.sessions import Session
from model.prescription import Prescription
from storage.derived import row_conversion
from storage.facts.corrected import CORRECTED_FACT
from storage.facts.unrestricted import unrestricted_sql
from storage.notes.labels import labels_of
from storage.notes.reviews import last_contacts, latest_reviews
from storage.pg import rows
from storage.pg.pool import Connection
from storage.prescribing.effective import DAYS_OFF, effective_version
from storage.reads.connections import connection_rows
from storage.reads.shown_values import (
    AlertBrief,
    DroppedRow,
    PatientBrief,
    PatientPage,
    ReportRow,
    SourceRow,
    WorkRow,
)

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
LIVE = ["open", "acknowledged", "in_progress", "snoozed"]

# The unit is a condition of every query, not a check beforehand: no code path can leave it out.
_PATIENTS = """
select p.pseudonym, p.zone, u.name as care_unit, p.created_at as created_ms,
       d.time as last_data_ms, coalesce(d.worn, false) as worn
  from patient p join care_unit u on u.id = p.care_unit
  left join lateral (select max(w.time) as time, bool_or(o.method = 'background') as worn
                       from watermark w join source o on o.id = w.source \
where w.patient = p.id) d on true
 where u.name = %(unit)s and (%(patient)s::text is null or p.pseudonym = %(patient)s)
 order by p.pseudonym
"""

# The row of an `AlertBrief`; the condition follows.
ALERT_SELECT = """
select a.id, p.pseudonym, a.family, a.rule, a.rule_version, a.tier, a.state, \
a.raised_at as raised_ms,
       a.changed_at as changed_ms, a.snoozed_until as snoozed_until_ms, a.sentence, a.resolution,
       a.assignee, coalesce(c.name, a.assignee) as assignee_name, a.last_move, a.useful,
       a.is_demoted and exists (select from alert_finding f
         where f.alert = a.id and f.current and f.tier = 'B') as is_demoted
  from alert a join patient p on p.id = a.patient join care_unit u on u.id = p.care_unit
  left join clinician c on c.subject = a.assignee"""

_ALERTS = f"""
{ALERT_SELECT}
 where u.name = %(unit)s and (%(patient)s::text is null or p.pseudonym = %(patient)s)
   and (a.state = any(%(live)s)) = %(is_live)s
 order by a.tier, a.raised_at, a.id
 limit %(limit)s
"""

_WEEKS = f"""
select p.pseudonym, {row_conversion.prefixed("w", row_conversion.WEEK_COLUMNS[1:])}
  from week w join patient p on p.id = w.patient join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = any(%(patients)s) and w.monday >= %(since)s
 order by w.monday
"""  # noqa: S608 - a constant of this package

# every version: a week is judged by the prescription that was valid in it
_PRESCRIPTIONS = f"""
select p.pseudonym, p.zone, r.body, {DAYS_OFF}
  from prescription r join patient p on p.id = r.patient join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and (%(patient)s::text is null or p.pseudonym = %(patient)s)
 order by r.valid_from desc, r.version desc
"""  # noqa: S608 - a constant of this package

_SESSIONS = f"""
select {row_conversion.SESSION_SELECT}
  from session s join patient p on p.id = s.patient join care_unit u on u.id = p.care_unit
  join source d on d.id = s.declared_by left join source h on h.id = s.heart_source
 where u.name = %(unit)s and p.pseudonym = %(patient)s \
and (%(session)s::text is null or s.session = %(session)s)
 order by s.start_at desc, s.session
 limit %(limit)s
"""  # noqa: S608 - a constant of this package

# Optional fields of a report are absent from its JSON; a page gets "" instead of null.
REPORT_COLUMNS = """
       r.record, f.start_at as at_ms, f.local_date, f.payload ->> 'instrument' as instrument,
       coalesce(f.payload ->> 'phase', 'none') as phase, \
(f.payload ->> 'value')::double precision as value,
       coalesce(f.payload ->> 'scale', '') as scale, \
coalesce(f.payload ->> 'session', '') as session,
       coalesce(f.payload ->> 'site', '') as site, coalesce(f.payload ->> 'type', '') as type,
       coalesce(f.payload -> 'equipment', '[]') as equipment,
       coalesce(f.payload ->> 'reason', '') as reason, o.vendor, f.body
"""

_PAIN = f"""
select {REPORT_COLUMNS}
  from patient p join care_unit u on u.id = p.care_unit
  cross join lateral (
    select x.* from {CORRECTED_FACT} x where x.patient = p.id and x.kind = 'report' offset 0) f
  join record r on r.id = f.record join source o on o.id = f.source
 where u.name = %(unit)s and p.pseudonym = %(patient)s
   and f.payload ->> 'instrument' = 'pain' and f.local_date >= %(since)s
   and {unrestricted_sql("f", "o", "f.start_at", "f.end_at")}
 order by f.start_at, r.record
"""  # noqa: S608 - a constant of this module

_SOURCES = """
select o.vendor, o.device, max(w.time) as time_ms
  from watermark w join source o on o.id = w.source
  join patient p on p.id = w.patient join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = %(patient)s
 group by o.vendor, o.device
 order by max(w.time) desc, o.vendor, o.device
"""

_DROPPED = """
select d.connector, d.bodies, d.first_at as first_ms, d.last_at as last_ms
  from unconsented d join patient p on p.id = d.patient join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.pseudonym = %(patient)s
 order by d.last_at desc, d.connector
"""


async def worklist_rows(conn: Connection, unit: str) -> tuple[WorkRow, ...]:
    """Return every patient of a care unit, in order of pseudonym, with live alerts."""
    params = {"unit": unit, "patient": None}
    # one query for each kind of row, not for each patient
    alerts = _grouped(map(_of_patient, await _alerts(conn, params, is_live=True, limit=None)))
    prescribed = _grouped(await rows.fetch(conn, _PRESCRIPTIONS, params, _prescribed))
    connections = _grouped((row.patient, row) for row in await connection_rows(conn, unit=unit))
    labelled = _grouped(
        ((row.pseudonym, row.kind), row.text) for row in await labels_of(conn, unit)
    )
    reviews = {review.pseudonym: review for review in await latest_reviews(conn, unit)}
    contacts = await last_contacts(conn, unit)
    worklist: list[WorkRow] = []
    for patient in await rows.fetch_as(conn, _PATIENTS, params, PatientBrief):
        row = WorkRow(
            patient=patient,
            alerts=tuple(alerts[patient.pseudonym]),
            prescriptions=tuple(prescribed[patient.pseudonym]),
            connections=tuple(connections[patient.pseudonym]),
            review=reviews.get(patient.pseudonym),
            contacted_ms=contacts.get(patient.pseudonym),
            tags=tuple(labelled[patient.pseudonym, "tag"]),
            sites=tuple(labelled[patient.pseudonym, "site"]),
        )
        worklist.append(row)
    return tuple(worklist)


async def patient_brief(conn: Connection, unit: str, pseudonym: str) -> PatientBrief | None:
    """Return a patient of a care unit; None when the unit has no such patient."""
    params = {"unit": unit, "patient": pseudonym}
    briefs = await rows.fetch_as(conn, _PATIENTS, params, PatientBrief)
    return briefs[0] if briefs else None


async def patient_page(
    conn: Connection, unit: str, pseudonym: str, since: date, sessions: int = 60
) -> PatientPage | None:
    """Return what a patient's page shows; None when the unit has no such patient.

    Weeks and pain are those from the date `since` on. Sessions are the latest `sessions`.
    """
    params = {"unit": unit, "patient": pseudonym, "since": since}
    brief = await patient_brief(conn, unit, pseudonym)
    if brief is None:
        return None
    return PatientPage(
        patient=brief,
        prescriptions=await prescription_versions(conn, unit, pseudonym),
        alerts=tuple(await _alerts(conn, params, is_live=True, limit=None)),
        past_alerts=await past_alerts(conn, unit, pseudonym),
        weeks=await weeks_since(conn, unit, pseudonym, since),
        pain=tuple(await rows.fetch(conn, _PAIN, params, read_report)),
        sessions=await sessions_of(conn, unit, pseudonym, limit=sessions),
        sources=tuple(await rows.fetch_as(conn, _SOURCES, params, SourceRow)),
        dropped=tuple(await rows.fetch_as(conn, _DROPPED, params, DroppedRow)),
    )


async def past_alerts(
    conn: Connection, unit: str, pseudonym: str, limit: int = 20
) -> tuple[AlertBrief, ...]:
    """Return the latest `limit` alerts of a patient that are no longer live, newest first."""
    params = {"unit": unit, "patient": pseudonym}
    # no limit in the query: its order is by tier, so a limit would not return the newest
    alerts = await _alerts(conn, params, is_live=False, limit=None)
    return tuple(sorted(alerts, key=lambda alert: -alert.changed_ms)[:limit])


async def alerts_of(conn: Connection, unit: str, pseudonym: str) -> tuple[AlertBrief, ...]:
    """Return all alerts of a patient, live and past."""
    params = {"unit": unit, "patient": pseudonym}
    live = await _alerts(conn, params, is_live=True, limit=None)
    return (*live, *await _alerts(conn, params, is_live=False, limit=None))


async def pain_since(
    conn: Connection, unit: str, pseudonym: str, since: date
) -> tuple[ReportRow, ...]:
    """Return a patient's answers about pain from a date on, oldest first."""
    params = {"unit": unit, "patient": pseudonym, "since": since}
    return tuple(await rows.fetch(conn, _PAIN, params, read_report))


async def live_alerts(conn: Connection, unit: str) -> tuple[AlertBrief, ...]:
    """Return the live alerts of a care unit, ordered by tier, then oldest first."""
    return tuple(await _alerts(conn, {"unit": unit, "patient": None}, is_live=True, limit=None))


async def prescription_versions(
    conn: Connection, unit: str, pseudonym: str
) -> tuple[Prescription, ...]:
    """Return every version of a patient's prescriptions, newest first.

    Each has the pauses that annotations and dates without consent make, beside its own.
    """
    versions = await rows.fetch(
        conn, _PRESCRIPTIONS, {"unit": unit, "patient": pseudonym}, _prescribed
    )
    return tuple(item for _, item in versions)


async def written_versions(conn: Connection, unit: str, pseudonym: str) -> tuple[Prescription, ...]:
    """Return every version as it was written, and as its hash is over it; newest first."""
    arguments = {"unit": unit, "patient": pseudonym}
    return tuple(
        await rows.fetch(
            conn, _PRESCRIPTIONS, arguments, lambda row: rows.prescription(row["body"])
        )
    )


async def weeks_of_patients(
    conn: Connection, unit: str, patients: Sequence[str], since: date
) -> dict[str, list[Week]]:
    """Return the weeks of patients by pseudonym, from the Monday `since` on, oldest first.

    A patient without weeks has an empty list.
    """
    params = {"unit": unit, "patients": patients, "since": since}
    return _grouped(await rows.fetch(conn, _WEEKS, params, _week))


async def weeks_since(conn: Connection, unit: str, pseudonym: str, since: date) -> tuple[Week, ...]:
    """Return a patient's weeks from the Monday `since` on, oldest first."""
    return tuple((await weeks_of_patients(conn, unit, [pseudonym], since))[pseudonym])


async def sessions_of(
    conn: Connection,
    unit: str,
    pseudonym: str,
    *,
    limit: int,
    session: str | None = None,
) -> tuple[Session, ...]:
    """Return a patient's sessions, newest first, or only the session with the id `session`."""
    params = {"unit": unit, "patient": pseudonym, "limit": limit, "session": session}
    return tuple(await rows.fetch(conn, _SESSIONS, params, row_conversion.read_session))


def read_report(row: rows.Row) -> ReportRow:
    """Return the report of a row with `REPORT_COLUMNS`."""
    return ReportRow(**{**row, "equipment": tuple(row["equipment"])})


async def _alerts(
    conn: Connection, value: rows.Row, *, is_live: bool, limit: int | None
) -> Sequence[AlertBrief]:
    more = {"live": LIVE, "is_live": is_live, "limit": limit}
    return await rows.fetch_as(conn, _ALERTS, {**value, **more}, AlertBrief)


def _week(row: rows.Row) -> tuple[str, Week]:
    return row["pseudonym"], row_conversion.read_week(row)


def _prescribed(row: rows.Row) -> tuple[str, Prescription]:
    return row["pseudonym"], effective_version(row, row["zone"])


def _of_patient(alert: AlertBrief) -> tuple[str, AlertBrief]:
    return alert.pseudonym, alert


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, list[_V]]:
    """Return the values by their key, in their order; a key without values has an empty list."""
    grouped: dict[_K, list[_V]] = defaultdict(list)
    for key, value in pairs:
        grouped[key].append(value)
    return grouped
