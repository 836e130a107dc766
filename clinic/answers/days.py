"""Answers about days: every date of a range with its state, whether it has a row or not. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from clinic.answers.shape import Shape, Zones, same_fields
from model.calendar import monday
from model.derived.days import Day, DayState
from model.intensity import ZoneTimes
from stream.compute.day_states import DayStateInput, day_states
from stream.compute.intensity.resting import resting_heart_rate
from stream.compute.series.reported_columns import STEPS

NIGHTS_BACK = 28  # days of nights that a resting heart rate may use


class DayAnswer(Shape):
    """A local date. Only the state `no_activity` may count as a miss."""

    local_date: date
    state: DayState
    sessions: int
    session_ms: int
    """Time of the sessions without pauses; the zones add up to it."""
    elapsed_ms: int
    """Time of the sessions with pauses."""
    paused_ms: int
    zones_ms: Zones
    """Time of the sessions by intensity."""
    volume_ms: Zones
    """Every minute of the date by intensity, in a session or not."""
    wear_min: int
    """Minutes between two accepted heart rates of one worn source at most 10 minutes apart."""
    answered: bool
    """The patient reported about this date."""
    steps: int | None
    """The greater of the counted and the stated ones, which are never added."""
    steps_counted: int | None
    """Steps of the source selected in each minute."""
    steps_stated: float | None
    """The total of the date as the best ranked source states it."""
    night_hr: float | None
    "Lowest mean of five minutes from 03 to 07, in beats a minute; null when too little was worn."
    resting_hr: float | None
    """Median of the last seven valid nights; null with fewer than three within four weeks."""
    loads: dict[str, float]
    algorithm: str | None
    """Null for a date without any data."""


class DaysAnswer(Shape):
    """Every date of a range, oldest first."""

    zone: str
    days: tuple[DayAnswer, ...]


def reach(dates: Sequence[date]) -> tuple[date, date]:
    """Return the first and the last date whose rows are needed to answer about `dates`.

    States need complete weeks, and resting heart rates the nights before.
    """
    # Whether a date without sessions is a miss depends on what its week asks for.
    first = min(monday(dates[0]), dates[0] - timedelta(days=NIGHTS_BACK))
    return first, monday(dates[-1]) + timedelta(days=6)


def days_answer(dates: Sequence[date], known: DayStateInput) -> DaysAnswer:
    """Return the answer about `dates`, with an entry for each of them."""
    states = day_states(dates, known)
    nights = {at: row.night_hr for at, row in known.days.items()}
    return DaysAnswer(
        zone=known.zone,
        days=tuple(_day(at, known.days.get(at), states[at], resting(nights, at)) for at in dates),
    )


def resting(nights: dict[date, float | None], on: date) -> float | None:
    """Return the resting heart rate on a date, from the nights of the four weeks up to it."""
    return resting_heart_rate(
        {at: value for at, value in nights.items() if on - timedelta(days=NIGHTS_BACK) < at <= on},
        on,
    )


def _day(at: date, row: Day | None, state: DayState, resting_hr: float | None) -> DayAnswer:
    day = row or unknown_day(at)
    same = (
        "local_date",
        "sessions",
        "session_ms",
        "elapsed_ms",
        "paused_ms",
        "wear_min",
        "answered",
        "steps",
        "steps_counted",
        "night_hr",
        "loads",
    )
    return DayAnswer(
        **same_fields(day, same),
        state=state,
        zones_ms=Zones.of(day.zones),
        volume_ms=Zones.of(day.volume),
        resting_hr=resting_hr,
        steps_stated=day.stated.get(STEPS),
        # No algorithm has computed a date without a row.
        algorithm=row.algorithm if row else None,
    )


def unknown_day(at: date) -> Day:
    """Return a date about which nothing is known."""
    return Day(
        local_date=at, sessions=0, session_ms=0, zones=ZoneTimes(), wear_min=0, answered=False
    )
