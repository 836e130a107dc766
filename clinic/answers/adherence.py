"""Answers about adherence: done over due, of a week and over the weeks of a prescription. Pure.

Clinical definition section 5.1. Each ratio is given capped and not capped. A ratio that cannot be
known is null, never 0. A week of which too few days are known may confirm but not refute: below 1
its ratio is null.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from alerts.adherence import Adherence, Due, capped, due_in_week, measure
from clinic.answers.shape import Shape
from clinic.pages.weeks import KNOWN_DAYS
from model.derived import Week
from model.prescription import Prescription
from stream.compute.weeks import week_of_days as week_of


class Ratio(Shape):
    """Done over due: uncapped (1.5 is half again too much), and capped at 1 as in averages."""

    uncapped: float
    capped: float


class AdherenceShape(Shape):
    """A week against a prescription; paused days are taken off what was due."""

    prescription: str
    version: int
    """The version in force at the end of the week."""
    due_sessions: float
    due_min: float
    due_dose_min: float | None
    paused_days: int
    a_freq: Ratio | None
    """Sessions done over prescribed."""
    a_time: Ratio | None
    """Minutes done over prescribed."""
    a_int: Ratio | None
    """Minutes in the prescribed range over minutes with a known intensity."""
    a_dose: Ratio | None
    """Dose (moderate + 2 x vigorous minutes) over the prescribed dose."""


class Average(Ratio):
    """The mean over the weeks that have ended and are known.

    A week counts by what was due in it, for `a_int` by its time with known intensity.
    """

    weeks: int
    """How many weeks it rests on."""


class TotalShape(Shape):
    """Adherence over the weeks of a prescription."""

    weeks: int
    """Weeks of the answer that are over."""
    a_freq: Average | None
    a_time: Average | None
    a_int: Average | None
    a_dose: Average | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A week measured against a prescription."""

    week: Week
    due: Due
    done: Adherence


def measured(week: Week | None, versions: Sequence[Prescription], monday: date) -> Measured | None:
    """Return a week against the versions of a prescription, for the week of a Monday.

    None when the prescription does not hold on all seven days. About a week of None nothing is
    known.
    """
    what = due_in_week(versions, monday)
    if what is None:
        return None
    row = week or unknown_week(monday)
    done = measure(row, what)
    unknown = row.known_days < KNOWN_DAYS
    # Intensity stays as it is: it is a share of the known minutes, not of what was due.
    known = Adherence(
        frequency=_confirmed(done.frequency, unknown=unknown),
        time=_confirmed(done.time, unknown=unknown),
        dose=_confirmed(done.dose, unknown=unknown),
        intensity=done.intensity,
    )
    return Measured(week=row, due=what, done=known)


def unknown_week(monday: date) -> Week:
    """Return a week about which nothing is known."""
    return week_of(monday, ())


def shaped(item: Measured) -> AdherenceShape:
    """Return a week against a prescription in the shape of an answer."""
    # All versions have the same id, so this is the version in force on the Sunday.
    last = item.due.prescriptions[0]
    return AdherenceShape(
        prescription=last.id,
        version=last.version,
        due_sessions=item.due.sessions,
        due_min=item.due.minutes,
        due_dose_min=item.due.dose_min,
        paused_days=item.due.paused_days,
        a_freq=_ratio(item.done.frequency),
        a_time=_ratio(item.done.time),
        a_int=_ratio(item.done.intensity),
        a_dose=_ratio(item.done.dose),
    )


def total_of(weeks: Sequence[Measured]) -> TotalShape:
    """Return adherence over weeks that have ended."""
    return TotalShape(
        weeks=len(weeks),
        a_freq=_average((week.done.frequency, week.due.sessions) for week in weeks),
        a_time=_average((week.done.time, week.due.minutes) for week in weeks),
        a_int=_average(
            (week.done.intensity, week.week.zones.total - week.week.zones.unknown) for week in weeks
        ),
        a_dose=_average((week.done.dose, week.due.dose_min or 0.0) for week in weeks),
    )


def _confirmed(ratio: float | None, *, unknown: bool) -> float | None:
    return None if ratio is not None and ratio < 1 and unknown else ratio


def _ratio(ratio: float | None) -> Ratio | None:
    at_most = capped(ratio)
    return None if ratio is None or at_most is None else Ratio(uncapped=ratio, capped=at_most)


def _average(parts: Iterable[tuple[float | None, float]]) -> Average | None:
    known = [(ratio, weight) for ratio, weight in parts if ratio is not None and weight > 0]
    if not known:
        return None
    total = sum(weight for _, weight in known)
    # Each week is capped before the mean, so that a busy week cannot make up for an idle one.
    return Average(
        uncapped=sum(ratio * weight for ratio, weight in known) / total,
        capped=sum(min(ratio, 1.0) * weight for ratio, weight in known) / total,
        weeks=len(known),
    )
