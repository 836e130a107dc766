"""What was due, and how much of it was done: the measures of adherence of one week. Never decides about an alert.

Clinical definition section 5.1. Measures stay apart (frequency, time, dose, intensity); a measure that cannot be known
is None, never 0. Days of a pause leave the denominator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from model.alert import Rule
from model.calendar import MINUTE_MS
from model.derived import Week
from model.intensity import CLASSES, ZoneTimes
from model.prescription import Intensity, Prescription, in_force, paused

PARTIAL_ABOVE = 0.2

# Lower edges of the classes in the heart rate reserve, and the end: a prescribed range that begins and ends on these
# can be counted from the classes of a week.
HRR_EDGES = (0.0, 0.3, 0.4, 0.6, 0.9, 1.0)

# Thresholds that say what the judge looks at, not what is too much: the same for every patient.
FIXED = frozenset({"look_back_days", "fresh_days", "lag_hours"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What was prescribed for one week, pauses taken off. `paused_days` are days on which nothing was due."""

    sessions: float
    minutes: float
    dose_min: float | None
    paused_days: int
    prescriptions: tuple[Prescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """Done over due of one week, not capped (1.5 is half again too much); None where it cannot be known."""

    frequency: float | None
    time: float | None
    dose: float | None
    intensity: float | None


def thresholds(rule: Rule, prescriptions: Iterable[Prescription], day: date) -> dict[str, float]:
    """Return a rule's thresholds on a local date: the table's, overridden by the prescriptions in force."""
    matches = dict(rule.thresholds)
    for row in in_force(prescriptions, day):
        result = (row.rules or {}).get(rule.id, {})
        matches |= {
            name: value for name, value in result.items() if name in matches and name not in FIXED
        }
    return matches


def due_in_week(prescriptions: Sequence[Prescription], monday: date) -> Due | None:
    """Return what was due in the week of a Monday, or None when no prescription holds on all of its seven days.

    A new version within the week counts from its day on. Prescriptions with different ids add up.
    """
    days = [monday + timedelta(days=n) for n in range(7)]
    by_day = [{row.id: row for row in in_force(prescriptions, day)} for day in days]
    ids = sorted(set(by_day[0]).intersection(*by_day[1:]))
    if not ids:
        return None
    held = [[rows[i] for i in ids] for rows in by_day]
    active = [
        row for day, rows in zip(days, held, strict=True) for row in rows if not paused(row, day)
    ]
    doses = [row.dose_min_per_week for row in active]
    return Due(
        sessions=sum(row.sessions_per_week for row in active) / 7,
        minutes=sum(row.sessions_per_week * row.minutes_per_session for row in active) / 7,
        dose_min=None if None in doses else sum(dose for dose in doses if dose is not None) / 7,
        paused_days=sum(
            all(paused(row, day) for row in rows) for day, rows in zip(days, held, strict=True)
        ),
        prescriptions=tuple(held[-1]),
    )


def measure(week: Week, what: Due) -> Adherence:
    """Return done over due for a week. Sessions and their length count whether or not heart rate was recorded.

    With more than 20 % of the time unknown, a dose below the prescribed one is not known: partial data may confirm
    but not refute.
    """
    dose = _ratio(week.dose_min, what.dose_min or 0.0)
    partial = week.zones.unknown > PARTIAL_ABOVE * week.zones.total
    return Adherence(
        frequency=_ratio(week.sessions, what.sessions),
        time=_ratio(week.session_ms / MINUTE_MS, what.minutes),
        dose=None if dose is not None and dose < 1 and partial else dose,
        intensity=_in_range(week.zones, what.prescriptions[0].intensity)
        if len(what.prescriptions) == 1
        else None,
    )


def adherence(week: Week, prescription: Prescription) -> Adherence | None:
    """Return adherence of a week to one prescription; None when it does not hold on all seven days."""
    what = due_in_week((prescription,), week.monday)
    return None if what is None else measure(week, what)


def capped(ratio: float | None) -> float | None:
    """Return a ratio as averages take it: at most 1."""
    return None if ratio is None else min(ratio, 1.0)


def _ratio(done: float, what: float) -> float | None:
    return done / what if what > 0 else None


def _in_range(zones: ZoneTimes, intensity: Intensity) -> float | None:
    """Return the share of known time in the prescribed range, when the range is made of whole classes."""
    low, high = intensity.low, intensity.high
    known = zones.total - zones.unknown
    if intensity.method != "hrr" or known == 0 or low not in HRR_EDGES or high not in HRR_EDGES:
        return None
    within = zones.as_tuple()[HRR_EDGES.index(low) : HRR_EDGES.index(high)]
    return sum(within[: len(CLASSES)]) / known
