"""Answers about adherence: done over due, of a week and over the weeks of a prescription. Pure.

Clinical definition section 5.1. Each ratio is given capped and not capped. A ratio that cannot be
known is null, never 0. A week of which too few days are known may confirm but not refute: below 1
its ratio is null. So may a week that unknown days could have completed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from alerts.adherence import (
    Adherence,
    Credited,
    Standing,
    capped,
    confirmed,
    credited,
    least_known_days,
    measure,
    standing,
)
from alerts.due import Due, due_in_week
from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from alerts.thresholds import thresholds_on
from clinic.answers.shape import Shape
from model.derived.days import Week
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
    sha256: str
    """The hash of that version."""
    due_sessions: int
    due_min: float
    due_dose_min: float | None
    due_strength_days: int
    paused_days: int
    credited_sessions: int
    """Sessions of its types, at most `max_per_day` a day."""
    credited_recalled: int
    """Those of them that the patient told of and nobody recorded."""
    credited_min: float
    """Minutes of the sessions of its types."""
    standing: Standing
    """Too thin to judge: what the unknown days could have held would change the judgement."""
    a_freq: Ratio | None
    """Sessions done over prescribed."""
    a_time: Ratio | None
    """Minutes done over prescribed."""
    a_int: Ratio | None
    """Minutes in the prescribed range over minutes with a known intensity."""
    a_dose: Ratio | None
    """Dose (moderate + 2 x vigorous minutes) over the prescribed dose."""
    a_strength: Ratio | None
    """Days with strength training over those prescribed."""


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
    a_strength: Average | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A week measured against a prescription."""

    week: Week
    due: Due
    credited: Credited
    done: Adherence
    standing: Standing


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
    limits = thresholds_on(LOW_ADHERENCE, versions, monday)
    judged = standing(row, what, limits)
    known = least_known_days(row, what)
    unknown = known < limits["known_days"] or judged is Standing.THIN
    # Done on the known days is done, whatever the unknown days hold; too little may be completed.
    # Intensity stays as it is: it is a share of the known minutes, not of what was due.
    sure = Adherence(
        frequency=confirmed(done.frequency, partial=unknown),
        time=confirmed(done.time, partial=unknown),
        dose=confirmed(done.dose, partial=unknown),
        intensity=done.intensity,
        strength=confirmed(done.strength, partial=unknown),
    )
    counted = credited(row, what)
    return Measured(week=row, due=what, credited=counted, done=sure, standing=judged)


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
        sha256=last.sha256,
        due_sessions=item.due.sessions,
        due_min=item.due.minutes,
        due_dose_min=item.due.dose_min,
        due_strength_days=item.due.strength_days,
        credited_sessions=item.credited.sessions,
        credited_recalled=item.credited.recalled_sessions,
        credited_min=item.credited.minutes,
        paused_days=item.due.paused_days,
        standing=item.standing,
        a_freq=_ratio(item.done.frequency),
        a_time=_ratio(item.done.time),
        a_int=_ratio(item.done.intensity),
        a_dose=_ratio(item.done.dose),
        a_strength=_ratio(item.done.strength),
    )


def total_of(weeks: Sequence[Measured]) -> TotalShape:
    """Return adherence over weeks that have ended."""
    sessions, minutes, intensity, dose = _Mean(), _Mean(), _Mean(), _Mean()
    strength = _Mean()
    for week in weeks:
        sessions.add(week.done.frequency, week.due.sessions)
        minutes.add(week.done.time, week.due.minutes)
        # Nothing is due of an intensity: a week counts by the time that could be compared with it.
        intensity.add(week.done.intensity, week.week.range_known_ms)
        dose.add(week.done.dose, week.due.dose_min or 0.0)
        strength.add(week.done.strength, week.due.strength_days)
    return TotalShape(
        weeks=len(weeks),
        a_freq=sessions.average(),
        a_time=minutes.average(),
        a_int=intensity.average(),
        a_dose=dose.average(),
        a_strength=strength.average(),
    )


@dataclass(slots=True)
class _Mean:
    """A weighted mean of ratios that grows by a week at a time."""

    uncapped: float = 0.0
    capped: float = 0.0
    weight: float = 0.0
    weeks: int = 0

    def add(self, ratio: float | None, weight: float) -> None:
        """Add a week; it is left out when its ratio is not known or nothing was due in it."""
        if ratio is None or weight <= 0:
            return
        self.uncapped += ratio * weight
        # Each week is capped before the mean, so that a busy week cannot make up for an idle one.
        self.capped += min(ratio, 1.0) * weight
        self.weight += weight
        self.weeks += 1

    def average(self) -> Average | None:
        """Return the mean over the weeks so far, None when there are none."""
        if not self.weeks:
            return None
        return Average(
            uncapped=self.uncapped / self.weight,
            capped=self.capped / self.weight,
            weeks=self.weeks,
        )


def _ratio(ratio: float | None) -> Ratio | None:
    at_most = capped(ratio)
    return None if ratio is None or at_most is None else Ratio(uncapped=ratio, capped=at_most)
