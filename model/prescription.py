"""A prescription of exercise in FITT-VP form, with its versions and pauses.

All dates are local to the patient.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from model.activities import TYPES
from model.calendar import DATE_RANGE, FIRST_DATE, LAST_DATE

FIRST_DAYS = 7
INTENSITY_METHODS = ("hrr", "bpm", "rpe_cr10", "rpe_6_20", "watts", "cadence")
MOST_VERSIONS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """The prescribed range of intensity, [low, high).

    `method` is hrr (fractions of heart rate reserve), bpm, rpe_cr10, rpe_6_20, watts or cadence.
    """

    method: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The local dates from `first` to `last` (inclusive) on which nothing is due.

    `why` gives the reason, such as illness, holiday or a clinician's decision.
    """

    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """A version of a prescription.

    It is valid on the local dates from `valid_from` to `valid_to` (inclusive). A newer version of
    the same `id` replaces it from the newer version's `valid_from` on. `pain_limit` is the highest
    acceptable pain on the NRS.
    """

    id: str
    version: int
    valid_from: date
    valid_to: date
    sessions_per_week: int
    minutes_per_session: int
    intensity: Intensity
    types: tuple[str, ...] = ()
    dose_min_per_week: float | None = None
    strength_days: int = 0
    pain_limit: int = 5
    max_per_day: int = 1
    cardiac: bool = False
    pauses: tuple[Pause, ...] = ()
    rules: dict[str, dict[str, float]] | None = None
    prescriber: str = ""
    reason: str = ""


def prescription_problems(prescription: Prescription) -> tuple[str, ...]:
    """Return the problems of a prescription, a sentence for each; empty when it can be kept.

    A sentence names its field and never repeats a value.
    """
    low, high = prescription.intensity.low, prescription.intensity.high
    checks = {
        f"`version` must be from 1 to {MOST_VERSIONS:,}": (
            1 <= prescription.version <= MOST_VERSIONS
        ),
        "`sessions_per_week` must not be negative": prescription.sessions_per_week >= 0,
        "`minutes_per_session` must not be negative": prescription.minutes_per_session >= 0,
        f"`intensity.method` must be one of {', '.join(INTENSITY_METHODS)}": (
            prescription.intensity.method in INTENSITY_METHODS
        ),
        "`intensity.low` must be below `intensity.high`": low < high,
        f"`types` must be among {', '.join(sorted(TYPES))}": set(prescription.types) <= set(TYPES),
        "`valid_from` must not be after `valid_to`": (
            prescription.valid_from <= prescription.valid_to
        ),
    }
    for name, value in _dates(prescription):
        checks[f"`{name}` {DATE_RANGE}"] = FIRST_DATE <= value <= LAST_DATE
    return tuple(text for text, holds in checks.items() if not holds)


def _dates(prescription: Prescription) -> Iterator[tuple[str, date]]:
    """Yield each date of a prescription with the name of its field."""
    yield "valid_from", prescription.valid_from
    yield "valid_to", prescription.valid_to
    for number, pause in enumerate(prescription.pauses):
        yield f"pauses.{number}.first", pause.first
        yield f"pauses.{number}.last", pause.last


def in_force(prescriptions: Iterable[Prescription], day: date) -> tuple[Prescription, ...]:
    """Return the prescriptions in force on a local date, in the order of their ids.

    Of each prescription this is the newest version that has begun by then.
    """
    newest: dict[str, Prescription] = {}
    for row in sorted(prescriptions, key=lambda p: (p.id, p.version)):
        if row.valid_from <= day:
            newest[row.id] = row
    # The end is checked last: when the newest version is over, an older one must not come back.
    return tuple(row for row in newest.values() if day <= row.valid_to)


def paused(prescription: Prescription, day: date) -> bool:
    """Return whether nothing is due on a local date because of a pause."""
    return any(pause.first <= day <= pause.last for pause in prescription.pauses)


def all_paused(prescriptions: Iterable[Prescription], day: date) -> bool:
    """Return whether prescriptions are in force on a local date and all of them are paused."""
    rows = in_force(prescriptions, day)
    return bool(rows) and all(paused(row, day) for row in rows)


def just_begun(prescriptions: Sequence[Prescription], day: date) -> bool:
    """Return whether every prescription in force on a date is in its first seven days.

    A prescription begins with its first version. False when no prescription is in force.
    """
    begun = {
        row.id: min(p.valid_from for p in prescriptions if p.id == row.id)
        for row in in_force(prescriptions, day)
    }
    return bool(begun) and all(day < first + timedelta(days=FIRST_DAYS) for first in begun.values())
