"""Adherence: what was due in a week, and how much of it was done.

Clinical definition section 5.1. Frequency, time, dose, intensity and strength are measured
separately, for each prescription by the sessions that count for it. A measure that cannot be known
is None, never 0. Days of a pause are taken off what was due, and what is due is whole sessions.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from alerts.due import Due, PrescriptionDue, due_in_week
from model.calendar import MINUTE_MS
from model.derived.algorithm import PARTIAL_ABOVE
from model.derived.days import TypeTotal, Week, WeekDay
from model.intensity import ZoneTimes
from model.prescribing.credit import (
    credited_recalled,
    credited_sessions,
    credited_totals,
    has_strength,
    seen_by_phone,
)
from model.prescription import Prescription, paused


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """What was done in a week over what was due.

    The ratios are not capped: 1.5 means half as much again as was due. None means not known, or
    that nothing was due. `strength` is days with strength training over those prescribed.
    """

    frequency: float | None
    time: float | None
    dose: float | None
    intensity: float | None
    strength: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """What of a week counts for a prescription: its sessions, and sums as in `TypeTotal`.

    `recalled_sessions` are those of the sessions that the patient told of and nobody recorded.
    """

    sessions: int = 0
    recalled_sessions: int = 0
    zones: ZoneTimes = field(default_factory=ZoneTimes)
    dose_min: float = 0.0
    exertion_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0

    @property
    def minutes(self) -> float:
        """Return the time of the sessions in minutes."""
        return self.zones.total / MINUTE_MS

    def __add__(self, other: "Credited") -> "Credited":
        return Credited(
            sessions=self.sessions + other.sessions,
            recalled_sessions=self.recalled_sessions + other.recalled_sessions,
            zones=self.zones + other.zones,
            dose_min=self.dose_min + other.dose_min,
            exertion_ms=self.exertion_ms + other.exertion_ms,
            in_range_ms=self.in_range_ms + other.in_range_ms,
            range_known_ms=self.range_known_ms + other.range_known_ms,
        )


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


def measure(week: Week, due: Due) -> Adherence:
    """Return done over due for a week, over all prescriptions.

    A session counts for each prescription whose types hold it, at most `max_per_day` a day.
    Sessions and their length count whether or not heart rate was recorded. With more than 20 % of
    the time unknown, a dose below the prescribed one is not known: partial data may confirm but
    not refute. The length of sessions that the patient only told of is not known, so with them
    time, dose and strength may confirm but not refute. Intensity is the share of the time in the
    prescribed range, by the method of the prescription, of the time that could be compared with it.
    """
    done = credited(week, due)
    dose = _ratio(done.dose_min, due.dose_min or 0.0)
    # Time that a reported exertion judges is known, if with less confidence.
    partial = done.zones.unknown - done.exertion_ms > PARTIAL_ABOVE * done.zones.total
    recalled = done.recalled_sessions > 0
    return Adherence(
        frequency=_ratio(done.sessions, due.sessions),
        time=confirmed(_ratio(done.minutes, due.minutes), partial=recalled),
        dose=confirmed(dose, partial=partial or recalled),
        intensity=_in_range(week, due, done),
        strength=confirmed(_ratio(_strength_days(week), due.strength_days), partial=recalled),
    )


def _in_range(week: Week, due: Due, done: Credited) -> float | None:
    """Return the share of the time in the prescribed range of the time compared with it."""
    if len(due.parts) == 1:
        return _ratio(done.in_range_ms, done.range_known_ms)
    # Each minute was compared with one prescription at most, but may be credited to several.
    return _ratio(week.in_range_ms, week.range_known_ms)


def confirmed(ratio: float | None, *, partial: bool) -> float | None:
    """Return a ratio, None where it could be greater than what is known of it and is below 1."""
    return None if ratio is not None and ratio < 1 and partial else ratio


def credited(week: Week, due: Due) -> Credited:
    """Return what of a week counts for its prescriptions, summed over them."""
    return sum((_credited(week, part) for part in due.parts), Credited())


def credited_apart(week: Week, due: Due) -> tuple[Credited, ...]:
    """Return what of a week counts for each of its prescriptions, in the order of `due.parts`."""
    return tuple(_credited(week, part) for part in due.parts)


def _credited(week: Week, part: PrescriptionDue) -> Credited:
    recalled = credited_recalled(week, part.by_day)
    sessions = recalled
    totals: list[TypeTotal] = []
    for day in week.days:
        if day.by_type:  # most days have none
            row = part.by_day[day.local_date]
            # the sessions of a day are limited, their time is not
            sessions += credited_sessions(row, day.by_type)
            totals += credited_totals(row, day.by_type)
    return replace(_added(totals), sessions=sessions, recalled_sessions=recalled)


def _added(totals: Iterable[TypeTotal]) -> Credited:
    """Return the sums of totals without their sessions."""
    # plain sums: a value for each step would cost most of what a worklist takes
    zones = ZoneTimes()
    dose_min = 0.0
    exertion_ms = in_range_ms = range_known_ms = 0
    for total in totals:
        zones += total.zones
        dose_min += total.dose_min
        exertion_ms += total.exertion_ms
        in_range_ms += total.in_range_ms
        range_known_ms += total.range_known_ms
    return Credited(
        zones=zones,
        dose_min=dose_min,
        exertion_ms=exertion_ms,
        in_range_ms=in_range_ms,
        range_known_ms=range_known_ms,
    )


def standing(week: Week, due: Due, thresholds: Mapping[str, float]) -> Standing:
    """Return the standing of a week by the thresholds `ratio` and `known_days`.

    A week is low when it is low for one of the prescriptions: more of one kind of exercise does not
    make up for another kind.
    """
    parts = set(standings_apart(week, due, thresholds))
    # The order matters: one low prescription is enough, and a doubt about one is a doubt.
    for result in (Standing.LOW, Standing.THIN, Standing.ENOUGH):
        if result in parts:
            return result
    return Standing.NONE_DUE


def standings_apart(week: Week, due: Due, thresholds: Mapping[str, float]) -> tuple[Standing, ...]:
    """Return the standing of a week for each of its prescriptions, in the order of `due.parts`."""
    return tuple(_standing(week, part, thresholds) for part in due.parts)


def _standing(week: Week, part: PrescriptionDue, thresholds: Mapping[str, float]) -> Standing:
    if not part.sessions:
        return Standing.NONE_DUE
    least = thresholds["ratio"]
    # Either measure is enough: many short sessions and few long ones both fall short.
    pairs: list[tuple[float, float]] = []
    for done, more, due in _pairs(week, part):
        if due:
            pairs.append((done / due, (done + more) / due))
    if all(ratio >= least for ratio, _ in pairs):
        return Standing.ENOUGH
    is_known = known_days(week, part) >= thresholds["known_days"]
    return Standing.LOW if is_known and any(best < least for _, best in pairs) else Standing.THIN


def best_case(week: Week, due: Due) -> float:
    """Return the sessions that unknown days could have held, over those due; 0 with none due."""
    sessions = 0
    for part in due.parts:
        sessions += sum(room for _, room in _room(week, part))
    return sessions / due.sessions if due.sessions else 0.0


def known_days(week: Week, part: PrescriptionDue) -> int:
    """Return how many days of a week are known as far as a prescription is concerned."""
    return sum(is_known_day(day, part.by_day[day.local_date]) for day in week.days)


def least_known_days(week: Week, due: Due | None) -> int:
    """Return how many days of a week are known for the prescription that knows the fewest.

    Without a prescription only what was worn or answered is known.
    """
    if due is None:
        return week.known_days
    return min(known_days(week, part) for part in due.parts)


def is_known_day(day: WeekDay, row: Prescription) -> bool:
    """Return whether it is known what was done on a day, as far as a prescription is concerned."""
    # A phone in a pocket sees walks, and neither a swim nor a ride.
    return day.known or (day.carried and seen_by_phone(row))


def unseen_days(week: Week, due: Due) -> int:
    """Return how many worn days of a week could have held a session that nobody saw.

    Nothing was worn from 06 to 22 for as long as a prescribed session, no session was recorded, and
    the patient did not answer for the day.
    """
    count = 0
    for day in week.days:
        is_recalled = week.recalled_until is not None and day.local_date <= week.recalled_until
        if day.known and not is_recalled:
            count += any(map(partial(_is_unseen, day), due.parts))
    return count


def _is_unseen(day: WeekDay, part: PrescriptionDue) -> bool:
    return is_unseen_day(day, part.by_day[day.local_date])


def is_unseen_day(day: WeekDay, row: Prescription) -> bool:
    """Return whether nothing was worn on a day for as long as a session, and none was recorded."""
    if paused(row, day.local_date) or credited_sessions(row, day.by_type):
        return False
    return 0 < row.minutes_per_session <= day.unseen_min


def _pairs(week: Week, part: PrescriptionDue) -> Iterator[tuple[float, float, float]]:
    """Yield sessions and then minutes: done, what unknown days could have held, and due."""
    sessions, minutes = 0, 0.0
    for row, room in _room(week, part):
        sessions += room
        minutes += room * row.minutes_per_session
    done = _credited(week, part)
    # The patient was asked how often, so a session that was told of is taken to be long enough.
    recalled_min = done.recalled_sessions * part.last.minutes_per_session
    yield done.sessions, sessions, part.sessions
    yield done.minutes + recalled_min, minutes, part.minutes


def _room(week: Week, part: PrescriptionDue) -> Iterator[tuple[Prescription, int]]:
    """Yield each day about which nothing is known, with the sessions that it could have held."""
    days = {day.local_date: day for day in week.days}
    for at, row in part.by_day.items():
        day = days.get(at)
        if paused(row, at) or (day is not None and is_known_day(day, row)):
            continue
        held = 0 if day is None else credited_sessions(row, day.by_type)
        yield row, row.max_per_day - held


def _strength_days(week: Week) -> int:
    return sum(has_strength(day.by_type) for day in week.days)


def adherence(week: Week, prescription: Prescription) -> Adherence | None:
    """Return adherence of a week to one prescription; None when it does not hold on all days."""
    due = due_in_week((prescription,), week.monday)
    return None if due is None else measure(week, due)


def capped(ratio: float | None) -> float | None:
    """Return a ratio limited to 1, as averages need it."""
    return None if ratio is None else min(ratio, 1.0)


def _ratio(done: float, due: float) -> float | None:
    return done / due if due > 0 else None
