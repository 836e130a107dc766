"""The page of today: what is prescribed, what is done this week, and what the clinic wrote.

What a clinician kept to the clinic is not read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from model.calendar import local_date, monday
from model.derived import Week
from model.prescription import Prescription, in_force
from patient.own_pages import door_page
from patient.visit import Visit, open_visit
from patient.words import activity_words
from storage.alerts.notes import shared_notes
from storage.prescribing.versions import prescriptions_of
from storage.reads.own_data import own_weeks, own_zone

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSoFar:
    """What is done in the running week, and what is prescribed; None where nothing is."""

    sessions: int
    minutes: int
    of_sessions: int | None
    of_minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescribedNow:
    """A prescription in the words of the page; `until` is its last date.

    `activity` is the clinician's own text, `types` are words for the catalogue.
    """

    sessions: int
    minutes: int
    most_minutes: int | None
    activity: str
    types: tuple[str, ...]
    pain_limit: int
    until: date


async def show_today(request: Request) -> Response:
    """Show today."""
    async with open_visit(request) as visit:
        zone = await own_zone(visit.conn, visit.patient)
        today = local_date(visit.now_ms, zone)
        prescribed = await prescriptions_now(visit, today)
        weeks = await own_weeks(visit.conn, visit.patient, monday(today))
        notes = await shared_notes(visit.conn, visit.pseudonym)
    return door_page(
        request,
        "today.html",
        visit,
        asked=[prescribed_now(row) for row in prescribed],
        week=week_so_far(weeks, prescribed),
        notes=[(local_date(note.at_ms, zone), note.author_name, note.text) for note in notes],
    )


def prescribed_now(row: Prescription) -> PrescribedNow:
    """Return what a prescription asks for."""
    return PrescribedNow(
        sessions=row.sessions_per_week,
        minutes=row.minutes_per_session,
        most_minutes=row.most_minutes_per_session,
        activity=row.activity,
        types=tuple(map(activity_words, row.types)),
        pain_limit=row.pain_limit,
        until=row.valid_to,
    )


def week_so_far(weeks: Sequence[Week], prescribed: Sequence[Prescription]) -> WeekSoFar:
    """Return what is done of what is prescribed; a week without a row is one of nothing."""
    done = weeks[0] if weeks else None
    return WeekSoFar(
        sessions=done.sessions if done else 0,
        minutes=done.session_ms // _MINUTE_MS if done else 0,
        of_sessions=sum(row.sessions_per_week for row in prescribed) or None,
        of_minutes=sum(row.sessions_per_week * row.minutes_per_session for row in prescribed)
        or None,
    )


async def prescriptions_now(visit: Visit, today: date) -> Sequence[Prescription]:
    """Return the prescriptions of a visit's patient that are in force on a local date."""
    versions = await prescriptions_of(visit.conn, [visit.pseudonym])
    return in_force(versions.get(visit.pseudonym, ()), today)
