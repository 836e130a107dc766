"""Reads the worklist, a patient, a session or an alert of a care unit, with the audit row.

Each function reads, writes the audit row and returns a value.

A patient, session or alert of another care unit gives 404, exactly as if it did not exist.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from alerts.rules.adherence.a1_low_adherence import waits_for_answer
from clinic.answers.linked_reports import linked_reports
from clinic.answers.query_params import MOST_SESSIONS
from clinic.api import patient_queries
from clinic.duty.rosters import unit_zone
from clinic.language.rewording import reworded_alerts, reworded_findings, reworded_rows
from clinic.page_views import AlertView, PatientView, SessionView, VendorConnection
from clinic.pages import heatmap, weeks
from clinic.pages.curve import curve
from clinic.pages.heatmap import Heatmap
from clinic.pages.weeks import LastFour, WeekView
from clinic.request_scope import RequestScope
from clinic.worklist.lines import Line, with_weeks, worklist_lines
from clinic.worklist.need_reasons import freshness, need_and_reason
from clinic.worklist.needs import silent
from model.calendar import local_date, midnight, monday
from model.connection_state import connected
from model.intensity import HeartProfile
from model.prescription import Prescription, in_force
from model.words.language import N_
from storage.notes import annotations, pinned
from storage.people import profiles
from storage.prescribing.versions import prescriptions_of
from storage.reads import api_queries, audit_lines, clinic_queries, evidence
from storage.reads.connections import ConnectionRow, connection_rows
from storage.reads.measured import measured_in_session
from storage.reads.shown_values import AlertBrief, PatientBrief, PatientPage, WorkRow
from storage.ruling.settings import settings_of_patient
from stream.compute.day_states import day_states
from stream.compute.intensity.thresholds import profile_on
from stream.compute.intensity.zones import MAX_GAP_MS
from stream.compute.series.sources import hold_ms
from web.problems import RequestRefused

WEEKS_SHOWN = heatmap.CALENDAR_WEEKS  # the chart beside the calendar has the same weeks


async def read_worklist(scope: RequestScope) -> tuple[Line, ...]:
    """Return the worklist of the clinician's care unit, in order of need."""
    rows, lines = await read_work(scope)
    return with_weeks(lines, await read_last_four(scope, rows))


async def read_work(scope: RequestScope) -> tuple[tuple[WorkRow, ...], tuple[Line, ...]]:
    """Return the rows of the clinician's care unit, and its worklist in order of need.

    Its lines have no weeks yet: these cost most, and a page shows a part of the lines.
    """
    rows = await clinic_queries.worklist_rows(scope.conn, scope.unit)
    patients = [row.patient.pseudonym for row in rows]
    await scope.listed("worklist", patients)
    names = await scope.names(patients)
    rows = await reworded_rows(scope.conn, rows)
    return rows, worklist_lines(rows, names, scope.now_ms)


async def read_last_four(scope: RequestScope, rows: Sequence[WorkRow]) -> dict[str, LastFour]:
    """Return the four weeks before the current one of each row's patient, by pseudonym."""
    patients = [row.patient.pseudonym for row in rows]
    # Four weeks are shown. A fifth is to spare: patients of a list have many zones.
    since = _since(scope.now_ms, "UTC", 6)
    stored = await clinic_queries.weeks_of_patients(scope.conn, scope.unit, patients, since)
    shown: dict[str, LastFour] = {}
    for row in rows:
        first = monday(local_date(scope.now_ms, row.patient.zone))
        name = row.patient.pseudonym
        shown[name] = weeks.last_four(stored[name], row.prescriptions, first)
    return shown


async def read_patient_view(scope: RequestScope, pseudonym: str) -> PatientView:
    """Return what the page of a patient shows; 404 outside of the care unit."""
    # Which weeks to read depends on the patient's zone, so the zone is read first.
    zone = (await read_brief(scope, pseudonym)).zone
    await scope.read("patient", pseudonym)
    page = await _reworded_page(scope, pseudonym, zone)
    connections = await connection_rows(scope.conn, patient=pseudonym, unit=scope.unit)
    need, reason = need_and_reason(_work_row(page, connections), scope.now_ms)
    today = local_date(scope.now_ms, zone)
    return PatientView(
        settings=await settings_of_patient(scope.conn, pseudonym),
        need=need,
        reason=reason,
        patient=page.patient,
        name=await name_of(scope, pseudonym),
        now_ms=scope.now_ms,
        freshness=freshness(page.patient.last_data_ms, scope.now_ms),
        silent=silent(page.patient, scope.now_ms),
        in_force=in_force(page.prescriptions, today),
        prescriptions=page.prescriptions,
        alerts=page.alerts,
        past_alerts=page.past_alerts,
        weeks=_weeks_shown(page, scope.now_ms),
        calendar=await _calendar(scope, page.patient, page.prescriptions),
        pain=page.pain,
        sessions=page.sessions,
        sources=page.sources,
        connections=tuple(_connection(item, scope.now_ms) for item in connections),
        dropped=page.dropped,
        audit=await audit_lines.audit_lines(scope.conn, scope.unit, pseudonym),
        readers=await audit_lines.audit_reads(scope.conn, scope.unit, pseudonym, zone),
        annotations=await annotations.annotations_of(scope.conn, scope.unit, pseudonym),
        notes=await pinned.note_versions(scope.conn, scope.unit, pseudonym),
    )


def _work_row(page: PatientPage, connections: Sequence[ConnectionRow]) -> WorkRow:
    """Return all that the worklist decides from, so that page and worklist say the same."""
    return WorkRow(
        patient=page.patient,
        alerts=page.alerts,
        prescriptions=page.prescriptions,
        connections=tuple(connections),
    )


async def _reworded_page(scope: RequestScope, pseudonym: str, zone: str) -> PatientPage:
    """Return the rows of the page, with the alerts in the language of the request."""
    page = await clinic_queries.patient_page(
        scope.conn, scope.unit, pseudonym, _since(scope.now_ms, zone, WEEKS_SHOWN)
    )
    if page is None:
        raise _unknown("patient")
    return replace(
        page,
        alerts=await reworded_alerts(scope.conn, page.alerts),
        past_alerts=await reworded_alerts(scope.conn, page.past_alerts),
    )


def _weeks_shown(page: PatientPage, now_ms: int) -> tuple[WeekView, ...]:
    """Return the weeks that the page shows, the running week last."""
    zone = page.patient.zone
    mondays = _mondays_shown(local_date(now_ms, zone))
    waiting = [first for first in mondays if waits_for_answer(first, zone, now_ms)]
    return weeks.week_views(page.weeks, page.prescriptions, mondays, waiting)


def _mondays_shown(today: date) -> list[date]:
    """Return the Mondays of the weeks that the page shows, the running week last."""
    last = monday(today)
    return [last - timedelta(weeks=back) for back in range(WEEKS_SHOWN - 1, -1, -1)]


def _connection(row: ConnectionRow, now_ms: int) -> VendorConnection:
    result = connected(row, now_ms)
    return VendorConnection(
        connector=row.connector,
        state=result.state,
        since_ms=result.since_ms,
        link_expires_ms=row.link_expires_ms,
        received_ms=row.received_ms,
        fetched=row.fetched,
        requested=row.requested,
        announced=row.announced,
    )


async def read_session_view(
    scope: RequestScope, pseudonym: str, key: str, max_points: int = 2_000
) -> SessionView:
    """Return what the sheet of a session shows, with its curve thinned to about `max_points`."""
    sheet = await evidence.session_sheet(scope.conn, scope.unit, pseudonym, key)
    if sheet is None:
        raise _unknown("session")
    await scope.read(f"session:{key}", pseudonym)
    item = sheet.session
    versions = await prescriptions_of(scope.conn, [pseudonym])
    # The curve breaks after the longest time for which a sample of its source holds.
    gap = hold_ms(item.heart_source) if item.heart_source else MAX_GAP_MS
    return SessionView(
        patient=sheet.patient,
        name=await name_of(scope, pseudonym),
        session=item,
        curve=curve(sheet.heart, (item.start_ms, item.end_ms), item.pauses, gap, max_points),
        facts=sheet.facts,
        fact_count=sheet.fact_count,
        reports=linked_reports(sheet),
        selections=sheet.selections,
        measured=await measured_in_session(scope.conn, pseudonym, key),
        prescribed=in_force(versions.get(pseudonym, ()), item.local_date),
        profile=await read_profile(scope, pseudonym, item.local_date),
    )


async def read_profile(scope: RequestScope, pseudonym: str, on: date) -> HeartProfile | None:
    """Return the heart profile of a patient that holds on a local date, None without one."""
    return profile_on(await profiles.profiles(scope.conn, pseudonym), on)


async def read_alert_view(scope: RequestScope, key: str) -> AlertView:
    """Return what the page of an alert shows; 404 outside of the care unit."""
    alert_page = await evidence.alert_page(scope.conn, scope.unit, key)
    if alert_page is None:
        raise _unknown("alert")
    # Only the alert names its patient, so the audit row follows the read in the same transaction.
    who, about = alert_page.patient.pseudonym, f"alert:{key}"
    await scope.read(about, who)
    zone = await unit_zone(scope)
    (alert,) = await reworded_alerts(scope.conn, [alert_page.alert])
    findings = reworded_findings(alert_page.findings)
    alert_page = replace(alert_page, alert=alert, findings=findings)
    return AlertView(
        name=await name_of(scope, who),
        now_ms=scope.now_ms,
        unit_zone=zone,
        page=alert_page,
        audit=await audit_lines.audit_lines(scope.conn, scope.unit, who, about=about),
        readers=await audit_lines.audit_reads(scope.conn, scope.unit, who, zone, about=about),
    )


async def read_alerts(scope: RequestScope) -> tuple[AlertBrief, ...]:
    """Return the live alerts of the clinician's care unit, by tier and then oldest first."""
    live_alerts = await clinic_queries.live_alerts(scope.conn, scope.unit)
    await scope.listed("alerts", [live_alert.pseudonym for live_alert in live_alerts])
    return live_alerts


async def _calendar(
    scope: RequestScope, who: PatientBrief, prescriptions: Sequence[Prescription]
) -> Heatmap:
    dates = heatmap.calendar_dates(local_date(scope.now_ms, who.zone))
    known = await patient_queries.patient_day_states(scope.conn, who, scope.now_ms, dates)
    since = api_queries.SessionsQuery(start_ms=midnight(dates[0], who.zone))
    sessions = await api_queries.sessions_page(
        scope.conn, who.care_unit, who.pseudonym, since, MOST_SESSIONS
    )
    return heatmap.heatmap(day_states(dates, known), known.days, sessions, prescriptions)


async def read_brief(scope: RequestScope, pseudonym: str) -> PatientBrief:
    """Return a patient of the clinician's care unit; 404 for any other patient."""
    brief = await clinic_queries.patient_brief(scope.conn, scope.unit, pseudonym)
    if brief is None:
        raise _unknown("patient")
    return brief


async def name_of(scope: RequestScope, pseudonym: str) -> str:
    """Return the name of a patient, the pseudonym where no name may be shown."""
    return (await scope.names([pseudonym])).get(pseudonym, pseudonym)


def _since(now_ms: int, zone: str, count: int) -> date:
    return monday(local_date(now_ms, zone)) - timedelta(weeks=count - 1)


# The same text for what does not exist and for what belongs to another care unit.
_UNKNOWN = {
    "patient": N_("This care unit has no such patient."),
    "session": N_("This care unit has no such session."),
    "alert": N_("This care unit has no such alert."),
}


def _unknown(what: str) -> RequestRefused:
    return RequestRefused(404, _UNKNOWN[what])
