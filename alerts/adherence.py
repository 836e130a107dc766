"""Adherence: what was due in a week, and how much of it was done.

Clinical definition section 5.1. Frequency, time, dose and intensity are measured separately. A
measure that cannot be known is None, never 0. Days of a pause are taken off what was due.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from model.calendar import MINUTE_MS
from model.derived import PARTIAL_ABOVE, Week
from model.prescription import Prescription, in_force, paused

_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What was prescribed for a week, with pauses taken off.

    `paused_days` are the days on which nothing was due.
    """

    sessions: float
    minutes: float
    dose_min: float | None
    paused_days: int
    prescriptions: tuple[Prescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """What was done in a week over what was due.

    The ratios are not capped: 1.5 means half as much again as was due. None means not known.
    """

    frequency: float | None
    time: float | None
    dose: float | None
    intensity: float | None


class Standing(StrEnum):
    """What may be said of a week against what was due in it.

    A week is low only when it stays low in the best case: with every session that the days about
    which nothing is known could have held. It is too thin to judge when too little is known to call
    it low or enough, and nothing may follow from it.
    """

    NONE_DUE = "none due"
    ENOUGH = "enough"
    LOW = "low"
    THIN = "too thin to judge"


def standing(week: Week, due: Due, thresholds: Mapping[str, float]) -> Standing:
    """Return the standing of a week by the thresholds `ratio` and `known_days`."""
    done, best, least = measure(week, due), best_case(week, due), thresholds["ratio"]
    # Either measure is enough: many short sessions and few long ones both fall short.
    pairs = ((done.frequency, best.frequency), (done.time, best.time))
    if all(ratio is None for ratio, _ in pairs):
        return Standing.NONE_DUE
    if not any(_is_below(ratio, least) for ratio, _ in pairs):
        return Standing.ENOUGH
    stays = any(_is_below(ratio, least) and _is_below(at_best, least) for ratio, at_best in pairs)
    is_known = week.known_days >= thresholds["known_days"]
    return Standing.LOW if stays and is_known else Standing.THIN


def _is_below(ratio: float | None, least: float) -> bool:
    # What is not known is not low: missing data never counts against a patient.
    return ratio is not None and ratio < least


def best_case(week: Week, due: Due) -> Adherence:
    """Return what a week would be if each unknown day had held all sessions that it may hold."""
    sessions = minutes = 0
    for row in due.prescriptions:
        held = (_DAYS - week.known_days) * row.max_per_day
        sessions += held
        minutes += held * row.minutes_per_session
    length_ms = week.session_ms + minutes * MINUTE_MS
    better = replace(week, sessions=week.sessions + sessions, session_ms=length_ms)
    return measure(better, due)


def due_in_week(prescriptions: Sequence[Prescription], monday: date) -> Due | None:
    """Return what was due in the week that begins on `monday`.

    None when no prescription is in force on all seven days. A new version within the week counts
    from its day on. Prescriptions with different ids add up.
    """
    by_day = _in_force_by_day(prescriptions, monday)
    active: list[Prescription] = []
    paused_days = 0
    for day, rows in by_day.items():
        running = [row for row in rows if not paused(row, day)]
        active += running
        paused_days += not running
    in_force_on_sunday = by_day[monday + timedelta(days=6)]
    if not in_force_on_sunday:
        return None
    sessions = minutes = 0
    for row in active:
        sessions += row.sessions_per_week
        minutes += row.sessions_per_week * row.minutes_per_session
    # Each day adds a seventh of its week, so that a change within the week counts by its days.
    return Due(
        sessions=sessions / 7,
        minutes=minutes / 7,
        dose_min=_dose(active),
        paused_days=paused_days,
        prescriptions=tuple(in_force_on_sunday),
    )


def _in_force_by_day(
    prescriptions: Sequence[Prescription], monday: date
) -> dict[date, list[Prescription]]:
    """Return the prescriptions in force on each day of a week, by id.

    Only those that are in force on all seven days are returned: a week that is cut by a beginning
    or an end cannot be compared with a number of sessions a week.
    """
    by_day: dict[date, list[Prescription]] = {}
    days_in_force: Counter[str] = Counter()
    for number in range(7):
        day = monday + timedelta(days=number)
        by_day[day] = list(in_force(prescriptions, day))
        for row in by_day[day]:
            days_in_force[row.id] += 1
    for day, rows in by_day.items():
        by_day[day] = [row for row in rows if days_in_force[row.id] == len(by_day)]
    return by_day


def _dose(active: Iterable[Prescription]) -> float | None:
    """Return the dose of a week in minutes; None when a prescription names none."""
    total = 0.0
    for row in active:
        # A sum over some of them would be too low, and too little would then look like enough.
        if row.dose_min_per_week is None:
            return None
        total += row.dose_min_per_week
    return total / 7


def measure(week: Week, due: Due) -> Adherence:
    """Return done over due for a week.

    Sessions and their length count whether or not heart rate was recorded. With more than 20 % of
    the time unknown, a dose below the prescribed one is not known: partial data may confirm but
    not refute. Intensity is the share of the time in the prescribed range, by the method of the
    prescription, of the time that could be compared with it.
    """
    dose = _ratio(week.dose_min, due.dose_min or 0.0)
    # Time that a reported exertion judges is known, if with less confidence.
    unknown_ms = week.zones.unknown - week.exertion_ms
    partial = unknown_ms > PARTIAL_ABOVE * week.zones.total
    # With several prescriptions it is not known to which of them a minute belongs.
    only = due.prescriptions[0] if len(due.prescriptions) == 1 else None
    return Adherence(
        frequency=_ratio(week.sessions, due.sessions),
        time=_ratio(week.session_ms / MINUTE_MS, due.minutes),
        dose=None if dose is not None and dose < 1 and partial else dose,
        intensity=None if only is None else _ratio(week.in_range_ms, week.range_known_ms),
    )


def adherence(week: Week, prescription: Prescription) -> Adherence | None:
    """Return adherence of a week to one prescription; None when it does not hold on all days."""
    due = due_in_week((prescription,), week.monday)
    return None if due is None else measure(week, due)


def capped(ratio: float | None) -> float | None:
    """Return a ratio limited to 1, as averages need it."""
    return None if ratio is None else min(ratio, 1.0)


def _ratio(done: float, due: float) -> float | None:
    return done / due if due > 0 else None
