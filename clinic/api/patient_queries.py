"""The questions behind the API and `kadens query`: each reads what it needs and returns an answer.

The caller has checked that the client may read the patient `who`, and writes the audit row. The
functions raise `QueryParamsError` with a plain reason for a question that cannot be answered, and
`NotThereError` for a prescription that the patient does not have.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from clinic.answers import days as day_answers
from clinic.answers import moments, timelines
from clinic.answers import sessions as session_answers
from clinic.answers import weeks as week_answers
from clinic.answers.days import DaysAnswer
from clinic.answers.moments import QueryParamsError
from clinic.answers.query_params import DatesParams, MomentsParams, SessionsParams, TimelineParams
from clinic.answers.sessions import SessionsAnswer
from clinic.answers.timelines import TimelineAnswer
from clinic.answers.weeks import PrescriptionShape, PrescriptionWeeksAnswer, WeeksAnswer
from clinic.timeline_reads import TooManySamplesError, read_line, read_timeline
from model.calendar import DAY_MS, local_date, monday
from model.derived.days import Week
from model.facts import UNWORN_METHODS, UNWORN_TYPES
from model.prescribing.blocked_dates import blocked_among, blocked_dates
from model.prescription import Prescription
from storage.people import patients
from storage.pg.pool import Connection
from storage.reads import api_queries, clinic_queries
from storage.reads.shown_values import PatientBrief
from stream.compute.day_states import DayStateInput
from stream.compute.series.lttb import FEWEST

USUAL_TIMELINE_MS = 28 * DAY_MS
_USUAL_DAYS = 83  # before the last date: twelve weeks in all
# Ten years and a little: a bound on the cost of an answer, far above any prescription.
_MOST_DAYS = 3_700


class NotThereError(LookupError):
    """The patient does not have such a prescription."""


async def patient_timeline(
    conn: Connection, who: PatientBrief, now_ms: int, ask: TimelineParams
) -> TimelineAnswer:
    """Return a metric over time in at most `ask.points` points."""
    span = _span(await _bounds(conn, who, ask), who.zone, now_ms)
    number = await patients.patient_id(conn, who.pseudonym)
    if ask.kind == "band":
        timeline = await read_timeline(conn, number, ask.metric, *span, ask.points)
        return timelines.band_answer(timeline, ask.metric, who.zone, span)
    if ask.points < FEWEST:
        raise QueryParamsError(f"a line needs at least {FEWEST} points")
    try:
        drawn = await read_line(conn, number, ask.metric, *span, ask.points)
    except TooManySamplesError as error:
        raise QueryParamsError(f"{error}; ask for a shorter span, or for bands") from error
    return timelines.line_answer(drawn, ask.metric, who.zone, span)


async def patient_sessions(
    conn: Connection, who: PatientBrief, ask: SessionsParams
) -> SessionsAnswer:
    """Return a page of sessions, newest first."""
    first, last = await _bounds(conn, who, ask)
    # Both may be absent: a list without bounds is still read page by page.
    start = moments.begins(first, who.zone) if first else None
    end = moments.ends(last, who.zone) if last else None
    if start is not None and end is not None:
        moments.checked_span(start, end)
    before = session_answers.placed(ask.before) if ask.before else None
    which = api_queries.SessionsQuery(start_ms=start, end_ms=end, type=ask.type, before=before)
    # A session above the limit shows that another page follows.
    sessions = await api_queries.sessions_page(
        conn, who.care_unit, who.pseudonym, which, ask.limit + 1
    )
    return session_answers.sessions_answer(sessions, ask.limit, who.zone)


async def patient_days(
    conn: Connection, who: PatientBrief, now_ms: int, ask: DatesParams
) -> DaysAnswer:
    """Return every date of a range with its state."""
    dates = await _dates(conn, who, now_ms, ask, _USUAL_DAYS)
    return day_answers.days_answer(dates, await patient_day_states(conn, who, now_ms, dates))


async def patient_day_states(
    conn: Connection, who: PatientBrief, now_ms: int, dates: Sequence[date]
) -> DayStateInput:
    """Return what the states of `dates` depend on: days, prescriptions, syncs, blocked dates."""
    first, last = day_answers.reach(dates)
    unit, pseudonym = who.care_unit, who.pseudonym
    consents = await api_queries.consents(conn, unit, pseudonym)
    unused = await api_queries.unused_spans(conn, unit, pseudonym)
    blocked = blocked_dates(consents, unused, who.zone)
    return DayStateInput(
        days=await api_queries.days_between(conn, unit, pseudonym, first, last),
        prescriptions=await clinic_queries.prescription_versions(conn, unit, pseudonym),
        blocked=blocked_among(moments.every_date(first, last), blocked),
        since_ms=await api_queries.since(
            conn,
            unit,
            pseudonym,
            except_types=UNWORN_TYPES,
            except_methods=UNWORN_METHODS,
        ),
        watermarks=await api_queries.watermarks(conn, unit, pseudonym),
        zone=who.zone,
        today=local_date(now_ms, who.zone),
    )


async def patient_weeks(
    conn: Connection, who: PatientBrief, now_ms: int, ask: DatesParams
) -> WeeksAnswer:
    """Return every week of a range against each prescription."""
    mondays = week_answers.mondays(await _dates(conn, who, now_ms, ask, _USUAL_DAYS))
    weeks = await clinic_queries.weeks_since(conn, who.care_unit, who.pseudonym, mondays[0])
    prescribed = await clinic_queries.prescription_versions(conn, who.care_unit, who.pseudonym)
    return week_answers.weeks_answer(_by_monday(weeks), mondays, prescribed, now_ms, who.zone)


async def patient_prescriptions(
    conn: Connection, who: PatientBrief, now_ms: int
) -> tuple[PrescriptionShape, ...]:
    """Return each prescription of a patient with its versions."""
    written = await clinic_queries.written_versions(conn, who.care_unit, who.pseudonym)
    return week_answers.prescription_shapes(written, local_date(now_ms, who.zone))


async def patient_prescription_weeks(
    conn: Connection, who: PatientBrief, now_ms: int, prescription: str, ask: DatesParams
) -> PrescriptionWeeksAnswer:
    """Return the weeks of a prescription up to now; a range in `ask` limits them further."""
    rows = await _versions(conn, who, prescription)
    if ask.start and ask.end:
        moments.require_order(ask.start, ask.end)
    first, last = week_answers.bounds(rows)
    # A range outside of the prescription is no error: it leaves no weeks.
    start = max(first, ask.start) if ask.start else first
    end = min(last, ask.end or last, local_date(now_ms, who.zone))
    mondays = week_answers.mondays(moments.every_date(start, end))
    weeks = await clinic_queries.weeks_since(conn, who.care_unit, who.pseudonym, monday(start))
    return week_answers.prescription_answer(_by_monday(weeks), mondays, rows, now_ms, who.zone)


def _by_monday(weeks: Iterable[Week]) -> dict[date, Week]:
    return {week.monday: week for week in weeks}


def _span(bounds: moments.MomentBounds, zone: str, now_ms: int) -> tuple[int, int]:
    first, last = bounds
    end = moments.ends(last, zone) if last else now_ms
    start = moments.begins(first, zone) if first else end - USUAL_TIMELINE_MS
    return moments.checked_span(start, end)


async def _dates(
    conn: Connection, who: PatientBrief, now_ms: int, ask: DatesParams, back: int
) -> list[date]:
    if ask.prescription is None:
        return moments.checked_dates(ask.start, ask.end, now_ms, who.zone, back, _MOST_DAYS)
    first, last = week_answers.bounds(await _versions(conn, who, ask.prescription))
    # A prescription that begins later than today is answered with its first date.
    ended = min(last, max(first, local_date(now_ms, who.zone)))
    return moments.checked_dates(
        ask.start or first, ask.end or ended, now_ms, who.zone, back, _MOST_DAYS
    )


async def _bounds(conn: Connection, who: PatientBrief, ask: MomentsParams) -> moments.MomentBounds:
    if ask.prescription is None:
        return ask.start, ask.end
    first, last = week_answers.bounds(await _versions(conn, who, ask.prescription))
    return ask.start or first, ask.end or last


async def _versions(
    conn: Connection, who: PatientBrief, prescription: str
) -> tuple[Prescription, ...]:
    every_version = await clinic_queries.prescription_versions(conn, who.care_unit, who.pseudonym)
    rows = week_answers.versions(every_version).get(prescription)
    if rows is None:
        raise NotThereError("This patient has no such prescription.")
    return rows
