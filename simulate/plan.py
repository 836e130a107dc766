"""What each invented patient does: sessions, pain and exertion after each, and days of wear.

Pure. Every draw has a generator of its own (seed, person, purpose, instant), so no result depends
on the order of the calls.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from model.calendar import DAY_MS, MINUTE_MS, local_date, midnight
from simulate.cast import Role
from simulate.cohort import (
    LOW_WEEKS,
    PAUSE_WEEKS,
    STALE_DAYS,
    Cohort,
    Person,
    first_monday,
    this_monday,
)

# From a week's end: 36 hours for data that comes late, and 24 for the patient's own answer.
JUDGED_AFTER_MS = 60 * 60 * MINUTE_MS
QUIET_WEEKS = 5  # the latest weeks follow the schedule, so that only planted alerts can follow
SHORT_EVERY, EXTRA_EVERY = 5, 4
LIVE_MINUTES = 42
LIVE_ENDED = 6  # minutes before now
LIVE_PAIN = 8
LIVE_BLOCK_MINUTES = 30
SETTLED_MS = 10 * MINUTE_MS  # so long after a session's end, all its data have been sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """A session: [start, end) in epoch ms, pain after it (NRS) and exertion (Borg CR10)."""

    patient: str
    start_ms: int
    end_ms: int
    pain: int
    exertion: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """A span [start, end) in epoch ms with the watch on, within a single local date."""

    patient: str
    start_ms: int
    end_ms: int


def draw(cohort: Cohort, person: Person, what: int, at: int) -> np.random.Generator:
    """Return the generator for a purpose `what` of a person at an instant or day `at`.

    Equal arguments give equal draws. Each purpose has a number of its own.
    """
    return np.random.default_rng([cohort.seed, person.number, what, at])


def silent_from(person: Person, cohort: Cohort) -> int:
    """Return the instant (epoch ms) from which the history holds nothing.

    It is now, or `STALE_DAYS` ago for a person who stopped syncing.
    """
    return cohort.now_ms - STALE_DAYS * DAY_MS if person.role is Role.STALE else cohort.now_ms


def low_weeks(person: Person, cohort: Cohort) -> int:
    """Return for how many full weeks the person in the role LOW has done too little.

    They are the two latest weeks that are judged, and any week since. Until 60 hours into a week,
    the week before may still get data or an answer, and raises nothing.
    """
    this = midnight(this_monday(person, cohort), person.zone)
    return LOW_WEEKS + (1 if cohort.now_ms < this + JUDGED_AFTER_MS else 0)


def outings(person: Person, cohort: Cohort) -> tuple[Outing, ...]:
    """Return the sessions of the history, in order.

    All data of each are sent before the history ends. No session is on the day of a live session.
    """
    ends = silent_from(person, cohort)
    today = local_date(cohort.now_ms, person.zone)
    made = (_outing(person, cohort, day) for day in _training_days(person, cohort))
    live_today = person.role is Role.PAIN
    return tuple(
        out
        for out in made
        if out.end_ms + SETTLED_MS <= ends
        and not (live_today and local_date(out.start_ms, person.zone) >= today)
    )


def live_outing(person: Person, cohort: Cohort) -> Outing:
    """Return the session of the live part, which has just ended with pain."""
    end = (cohort.now_ms // 1000) * 1000 - LIVE_ENDED * MINUTE_MS
    start = end - LIVE_MINUTES * MINUTE_MS
    return Outing(patient=person.pseudonym, start_ms=start, end_ms=end, pain=LIVE_PAIN, exertion=5)


def wear_days(person: Person, cohort: Cohort) -> Iterator[Wear]:
    """Yield the spans with the watch on, for each local date, up to the start of the live part."""
    if person.wear is None:
        return
    ends = (
        silent_from(person, cohort) // MINUTE_MS - LIVE_BLOCK_MINUTES
    ) * MINUTE_MS  # the rest comes live
    day = first_monday(person, cohort)
    while (zero := midnight(day, person.zone)) < ends:
        start, end = (zero + minute * MINUTE_MS for minute in person.wear)
        if start < ends:
            yield Wear(patient=person.pseudonym, start_ms=start, end_ms=min(end, ends))
        day += timedelta(days=1)


def _training_days(person: Person, cohort: Cohort) -> Iterator[date]:
    first = first_monday(person, cohort)
    for week in range(cohort.weeks + 1):
        monday = first + timedelta(weeks=week)
        yield from (monday + timedelta(days=n) for n in _weekdays(person, cohort, week))


def _weekdays(person: Person, cohort: Cohort, week: int) -> tuple[int, ...]:
    """Return the days of exercise in a week.

    They are as prescribed, except where the role plants something else, and in some early weeks,
    which have a session more or less.
    """
    back = cohort.weeks - week
    if person.role is Role.LOW and back <= low_weeks(person, cohort):
        return person.weekdays[:1]
    if person.role is Role.PAUSED and 1 <= back <= PAUSE_WEEKS:
        return ()
    if back <= QUIET_WEEKS:
        return person.weekdays
    turn = week + person.number
    if turn % SHORT_EVERY == 0:
        return person.weekdays[:-1]
    return (*person.weekdays, 6) if turn % EXTRA_EVERY == 0 else person.weekdays


def _outing(person: Person, cohort: Cohort, day: date) -> Outing:
    chance = draw(cohort, person, 1, day.toordinal())
    minutes = person.prescription.minutes_per_session + int(chance.integers(0, 5))
    start = midnight(day, person.zone) + (person.minute + int(chance.integers(0, 20))) * MINUTE_MS
    return Outing(
        patient=person.pseudonym,
        start_ms=start,
        end_ms=start + minutes * MINUTE_MS,
        pain=person.pain + int(chance.integers(0, 2)),
        exertion=int(chance.integers(3, 5)),
    )
