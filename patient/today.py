"""The page of today: what is prescribed, what is done this week, and what the clinic wrote.

What a clinician kept to the clinic is not read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from model.calendar import local_date, monday
from model.derived.days import Week
from model.intensity import HeartProfile
from model.prescription import Intensity, Prescription, in_force
from model.words.rounding import half_up
from patient.own_pages import door_page
from patient.visit import Visit, open_visit
from patient.words import EFFORT_WORDS, PULSE_WORDS, activity_words
from storage.alerts.notes import shared_notes
from storage.people.profiles import profiles
from storage.prescribing.versions import prescriptions_of
from storage.reads.own_data import own_weeks, own_zone
from stream.compute.intensity.prescribed_beats import prescribed_beats
from stream.compute.intensity.thresholds import profile_on

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

    `activity` is the clinician's own text, `types` are words for the catalogue. `effort` says how
    hard, with `low` and `high` to fill in; "" where that cannot be said in words of a patient.
    """

    sessions: int
    minutes: int
    most_minutes: int | None
    effort: str
    low: str
    high: str
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
        known = await profiles(visit.conn, visit.pseudonym)
        weeks = await own_weeks(visit.conn, visit.patient, monday(today))
        notes = await shared_notes(visit.conn, visit.pseudonym)
    return door_page(
        request,
        "today.html",
        visit,
        asked=[prescribed_now(row, profile_on(known, today), today) for row in prescribed],
        week=week_so_far(weeks, prescribed),
        notes=[(local_date(note.at_ms, zone), note.author_name, note.text) for note in notes],
    )


def prescribed_now(row: Prescription, profile: HeartProfile | None, today: date) -> PrescribedNow:
    """Return what a prescription asks for on a local date."""
    effort, low, high = _effort(row.intensity, profile, today)
    return PrescribedNow(
        sessions=row.sessions_per_week,
        minutes=row.minutes_per_session,
        most_minutes=row.most_minutes_per_session,
        effort=effort,
        low=low,
        high=high,
        activity=row.activity,
        types=tuple(map(activity_words, row.types)),
        pain_limit=row.pain_limit,
        until=row.valid_to,
    )


def _effort(wanted: Intensity, profile: HeartProfile | None, today: date) -> tuple[str, str, str]:
    """Return how hard to exercise, as a sentence with its two figures."""
    if wanted.method in EFFORT_WORDS:
        return EFFORT_WORDS[wanted.method], f"{wanted.low:g}", f"{wanted.high:g}"
    # a share of the reserve says nothing to a patient, whose watch shows beats
    beats = prescribed_beats(wanted, profile, today)
    if beats is None:
        return "", "", ""
    return PULSE_WORDS, half_up(beats[0]), half_up(beats[1])


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
