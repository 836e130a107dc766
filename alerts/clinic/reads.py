"""What pages and API show, read once for both: each function reads, writes the audit row and returns one value.

A patient, session or alert of another care unit is 404, as one that never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...model.calendar import local_date, midnight, monday
from ...model.derived import Choice, Session
from ...model.prescription import Prescription, in_force
from ...storage import asked, evidence, queries
from ...storage.views import AlertBrief, AlertPage, AuditRow, FactRow, PatientBrief, ReportRow, SourceRow
from ...stream.compute.day_states import day_states
from ...stream.compute.sources import hold_ms
from ...stream.compute.zones import MAX_GAP_MS
from . import asking, heatmap, weeks, worklist
from .answers.asks import MOST_SESSIONS
from .curve import Curve, curve
from .heatmap import Heatmap
from .problems import Refused
from .visit import Visit
from .weeks import WeekView
from .worklist import Line

WEEKS_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """One patient: `in_force` is what is prescribed today, `prescriptions` all versions, newest first.

    `calendar` has a square a date of twelve weeks. Weeks and pain are oldest first, sessions and audit newest first.
    """

    patient: PatientBrief
    name: str
    now_ms: int
    freshness: str
    silent: bool
    in_force: tuple[Prescription, ...]
    prescriptions: tuple[Prescription, ...]
    alerts: tuple[AlertBrief, ...]
    past_alerts: tuple[AlertBrief, ...]
    weeks: tuple[WeekView, ...]
    calendar: Heatmap
    pain: tuple[ReportRow, ...]
    sessions: tuple[Session, ...]
    sources: tuple[SourceRow, ...]
    audit: tuple[AuditRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One session with its curve, the facts and bodies it was derived from, and the answers that concern it."""

    patient: PatientBrief
    name: str
    session: Session
    curve: Curve
    facts: tuple[FactRow, ...]
    reports: tuple[ReportRow, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert with its frozen evidence and its history."""

    name: str
    now_ms: int
    page: AlertPage
    audit: tuple[AuditRow, ...]


async def lines(visit: Visit) -> tuple[Line, ...]:
    """Return the worklist of the clinician's care unit, in order of need."""
    rows = await queries.worklist(visit.conn, visit.unit, _since(visit.now_ms, "UTC", 6))
    patients = [row.patient.pseudonym for row in rows]
    await visit.listed("worklist", patients)
    names = await visit.names(patients)
    return worklist.lines(rows, names, visit.now_ms)


async def patient(visit: Visit, pseudonym: str) -> PatientView:
    """Return one patient's page."""
    zone = (await brief(visit, pseudonym)).zone
    await visit.read("patient", pseudonym)
    page = await queries.patient_page(visit.conn, visit.unit, pseudonym, _since(visit.now_ms, zone, WEEKS_SHOWN))
    if page is None:
        raise _unknown("patient")
    last = page.patient.last_data_ms
    return PatientView(
        patient=page.patient,
        name=await _name(visit, pseudonym),
        now_ms=visit.now_ms,
        freshness=worklist.freshness(last, visit.now_ms),
        silent=worklist.silent(page.patient, visit.now_ms),
        in_force=in_force(page.prescriptions, local_date(visit.now_ms, zone)),
        prescriptions=page.prescriptions,
        alerts=page.alerts,
        past_alerts=page.past_alerts,
        weeks=tuple(weeks.view(week, page.prescriptions) for week in page.weeks),
        calendar=await _calendar(visit, page.patient, page.prescriptions),
        pain=page.pain,
        sessions=page.sessions,
        sources=page.sources,
        audit=await queries.audit(visit.conn, visit.unit, pseudonym),
    )


async def session(visit: Visit, pseudonym: str, key: str, max_points: int = 2_000) -> SessionView:
    """Return one session's sheet, its curve thinned to about `max_points`."""
    sheet = await evidence.session_sheet(visit.conn, visit.unit, pseudonym, key)
    if sheet is None:
        raise _unknown("session")
    await visit.read(f"session:{key}", pseudonym)
    one = sheet.session
    gap = hold_ms(one.heart_source) if one.heart_source else MAX_GAP_MS
    return SessionView(
        patient=sheet.patient,
        name=await _name(visit, pseudonym),
        session=one,
        curve=curve(sheet.heart, one.start_ms, one.end_ms, gap, max_points),
        facts=sheet.facts,
        reports=sheet.reports,
        choices=sheet.choices,
    )


async def alert(visit: Visit, key: str) -> AlertView:
    """Return one alert's page."""
    found = await evidence.alert_page(visit.conn, visit.unit, key)
    if found is None:
        raise _unknown("alert")
    await visit.read(f"alert:{key}", found.patient.pseudonym)
    said = await queries.audit(visit.conn, visit.unit, found.patient.pseudonym, about=f"alert:{key}")
    name = await _name(visit, found.patient.pseudonym)
    return AlertView(name=name, now_ms=visit.now_ms, page=found, audit=said)


async def alerts(visit: Visit) -> tuple[AlertBrief, ...]:
    """Return the live alerts of the clinician's care unit: tier, then oldest first."""
    found = await queries.live_alerts(visit.conn, visit.unit)
    await visit.listed("alerts", [one.pseudonym for one in found])
    return found


async def _calendar(visit: Visit, who: PatientBrief, prescriptions: Sequence[Prescription]) -> Heatmap:
    dates = heatmap.dates(local_date(visit.now_ms, who.zone))
    known = await asking.known(visit.conn, who, visit.now_ms, dates)
    since = asked.SessionsAsk(start_ms=midnight(dates[0], who.zone))
    sessions = await asked.sessions(visit.conn, who.care_unit, who.pseudonym, since, MOST_SESSIONS)
    return heatmap.heatmap(day_states(dates, known), known.days, sessions, prescriptions)


async def brief(visit: Visit, pseudonym: str) -> PatientBrief:
    """Return a patient of the clinician's care unit; 404 for any other."""
    found = await queries.patient(visit.conn, visit.unit, pseudonym)
    if found is None:
        raise _unknown("patient")
    return found


async def _name(visit: Visit, pseudonym: str) -> str:
    return (await visit.names([pseudonym])).get(pseudonym, pseudonym)


def _since(now_ms: int, zone: str, count: int) -> date:
    return monday(local_date(now_ms, zone)) - timedelta(weeks=count - 1)


def _unknown(what: str) -> Refused:
    return Refused(404, f"This care unit has no such {what}.")
