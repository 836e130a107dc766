"""The pages of a patient's own history, and of who looked at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from model.calendar import local_date, monday
from model.derived.days import Week
from model.derived.sessions import Session
from model.prescribing.range_times import times_by_range
from model.words.rounding import half_up
from patient.config import patient_door_of
from patient.history.answers import own_answer
from patient.history.corrected import own_corrections
from patient.own_pages import door_page
from patient.visit import open_visit
from patient.words import activity_words, sender_words
from storage.reads.own_answers import own_answers
from storage.reads.own_data import own_readers, own_sessions, own_weeks, own_zone
from storage.rights.corrections import corrections_of

WEEKS, SESSIONS_SHOWN, MOST_READERS = 12, 100, 200
ANSWERS_SHOWN = 300
_MINUTE_MS = 60_000
_BAR = 100  # the width of the longest bar


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekBar:
    """A week of the chart: its sessions, their minutes, and the width of its bar of 100.

    Both are None of a week of which nothing is known: it is no week without exercise.
    """

    monday: date
    sessions: int | None
    minutes: int | None
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """A session of the list; `rests_on` are the names of the sources of its figures.

    These and `type` are words for the catalogue. `by_range` are the minutes below, within and above
    the prescribed range, () where none is prescribed or nothing could be compared with it.
    """

    day: date
    minutes: int
    counts: bool
    heart: int | None
    type: str
    rests_on: tuple[str, ...]
    by_range: tuple[int, ...] = ()


async def show_data(request: Request) -> Response:
    """Show the last twelve weeks with their sessions and the patient's own answers."""
    titles = patient_door_of(request).config.titles
    async with open_visit(request) as visit:
        zone = await own_zone(visit.conn, visit.patient)
        this = monday(local_date(visit.now_ms, zone))
        since = this - timedelta(weeks=WEEKS - 1)
        weeks = await own_weeks(visit.conn, visit.patient, since)
        sessions = await own_sessions(visit.conn, visit.patient, since, SESSIONS_SHOWN)
        made = await corrections_of(visit.conn, visit.pseudonym)
        answers = await own_answers(visit.conn, visit.patient, since, ANSWERS_SHOWN)
    # what is no answer to a question, such as a session of their own, is on the list above
    answered = [answer for row in answers if (answer := own_answer(row)) is not None]
    return door_page(
        request,
        "data.html",
        visit,
        weeks=bars_of_weeks(weeks, this),
        sessions=[_listed(row, titles) for row in sessions],
        corrections=own_corrections(made, zone),
        answers=answered,
    )


async def show_accesses(request: Request) -> Response:
    """Show who looked at the patient's data: a line for each person and day."""
    async with open_visit(request) as visit:
        readers = await own_readers(visit.conn, visit.patient, MOST_READERS)
    return door_page(request, "looked.html", visit, readers=readers)


def bars_of_weeks(weeks: Sequence[Week], this: date) -> tuple[WeekBar, ...]:
    """Return a bar for each of the last twelve weeks, newest first; unknown ones are empty."""
    # a week with a row may know nothing either: then its zero says nothing about the patient
    known = {week.monday: week for week in weeks if week.sessions or week.known_days}
    longest = max((week.session_ms for week in known.values()), default=0)
    bars: list[WeekBar] = []
    for back in range(WEEKS):
        day = this - timedelta(weeks=back)
        week = known.get(day)
        spent = week.session_ms if week else 0
        bars.append(
            WeekBar(
                monday=day,
                sessions=week.sessions if week else None,
                minutes=spent // _MINUTE_MS if week else None,
                width=_BAR * spent // longest if longest else 0,
            )
        )
    return tuple(bars)


def _listed(row: Session, titles: Mapping[str, str]) -> OwnSession:
    vendors = [row.declared_by.vendor]
    if row.heart_source is not None and row.heart_source.vendor not in vendors:
        vendors.append(row.heart_source.vendor)
    times = times_by_range(row)
    return OwnSession(
        day=row.local_date,
        minutes=row.timer_ms // _MINUTE_MS,
        counts=row.counts,
        heart=None if row.heart.mean is None else int(half_up(row.heart.mean)),
        type=activity_words(row.type),
        by_range=() if times is None else tuple(ms // _MINUTE_MS for ms in times.ms),
        rests_on=tuple(sender_words(vendor, titles) for vendor in vendors),
    )
