"""A prescription in FITT-VP form: its versions, pauses and progression, and what is in force when.

All dates are local to the patient. What counts for it is in `model.prescribing.credit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

FIRST_DAYS = 7
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as FHIR writes them
_WEEK = 7
# What a step of a progression may change.
STEPPED = (
    "sessions_per_week",
    "weekdays",
    "minutes_per_session",
    "most_minutes_per_session",
    "dose_min_per_week",
    "intensity",
)

# When each version was recorded (epoch ms), by the id of its prescription and its version. A
# version that is missing here counts as recorded before everything else.
WrittenTimes: TypeAlias = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """The prescribed range of intensity, [low, high).

    `method` is hrr (fractions of heart rate reserve), hrmax (fractions of the maximal heart rate),
    bpm, rpe_cr10, rpe_6_20, watts or cadence.
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
class ProgressionStep:
    """What a prescription asks for from a week on; None leaves a figure as it was before.

    Week 1 begins with the first date of the progression, and each week has seven days.
    """

    from_week: int
    sessions_per_week: int | None = None
    weekdays: tuple[str, ...] | None = None
    minutes_per_session: int | None = None
    most_minutes_per_session: int | None = None
    dose_min_per_week: float | None = None
    intensity: Intensity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPlan:
    """Who follows up, how, and on which local date; "" and None where nothing is agreed."""

    who: str = ""
    how: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """A version of a prescription.

    It is valid on the local dates from `valid_from` to `valid_to` (inclusive). A newer version of
    the same `id` replaces it from the newer version's `valid_from` on. The figures are those of
    week 1; `progression` changes them in later weeks, which count from `progression_from`, or from
    `valid_from` without it. `weekdays` names the days of the sessions; without them any days will
    do. `pain_limit` is the highest acceptable pain on the NRS, `hr_ceiling` a heart rate (bpm) and
    `rpe_ceiling` an exertion on `rpe_scale` that must not be exceeded. `rules` sets thresholds of
    rules, by rule id and name. `diagnoses` are codes; `function` and `balance` are what the patient
    is able to do. `form` names the referral form or care plan that it belongs to, and `activity`
    the exercise in the clinician's words. `renews` names the prescription and version that it
    renews, as `ID/VERSION`. `sha256` is the SHA-256 of its canonical JSON
    (RFC 8785) without this member and those at their default, "" before it is stored.
    """

    # The bounds of all figures are in `model.schemas.prescription_bounds`.

    id: str
    version: int
    valid_from: date
    valid_to: date
    sessions_per_week: int
    minutes_per_session: int
    intensity: Intensity
    types: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    most_minutes_per_session: int | None = None
    dose_min_per_week: float | None = None
    strength_days: int = 0
    pain_limit: int = 5
    hr_ceiling: float | None = None
    rpe_ceiling: float | None = None
    rpe_scale: str = "borg-cr10"
    max_per_day: int = 1
    cardiac: bool = False
    progression: tuple[ProgressionStep, ...] = ()
    progression_from: date | None = None
    pauses: tuple[Pause, ...] = ()
    rules: dict[str, dict[str, float]] | None = None
    prescriber: str = ""
    reason: str = ""
    diagnoses: tuple[str, ...] = ()
    function: str = ""
    balance: str = ""
    activity: str = ""
    form: str = ""
    follow_up: FollowUpPlan | None = None
    renews: str = ""
    sha256: str = ""


def in_force(prescriptions: Iterable[Prescription], day: date) -> tuple[Prescription, ...]:
    """Return the prescriptions in force on a local date, in the order of their ids.

    Of each prescription this is the newest version that has begun by then, with the figures that
    its progression has reached on the date.
    """
    newest: dict[str, Prescription] = {}
    # not sorted: this is asked for every day of a patient, hundreds of times in each judgement
    for row in prescriptions:
        if row.valid_from <= day:
            held = newest.get(row.id)
            if held is None or held.version <= row.version:
                newest[row.id] = row
    # The end is checked last: when the newest version is over, an older one must not come back.
    return tuple(stepped(newest[key], day) for key in sorted(newest) if day <= newest[key].valid_to)


def stepped(prescription: Prescription, day: date) -> Prescription:
    """Return a version with the figures that its progression has reached on a local date."""
    # Most prescriptions have no progression, and this is asked for every day of a patient.
    if not prescription.progression:
        return prescription
    week = week_of_progression(prescription, day)
    reached: dict[str, object] = {}
    for step in prescription.progression:
        if step.from_week <= week:
            reached |= _changes(step)
    return replace(prescription, **reached)  # type: ignore[arg-type]  # the names are its own


def week_of_progression(prescription: Prescription, day: date) -> int:
    """Return the week of the progression in which a local date lies, 1 for the first."""
    first = prescription.progression_from or prescription.valid_from
    return (day - first).days // _WEEK + 1


def _changes(step: ProgressionStep) -> dict[str, object]:
    changes: dict[str, object] = {}
    for name in STEPPED:
        value = getattr(step, name)
        if value is not None:
            changes[name] = value
    return changes


def longest_minutes(prescription: Prescription) -> int:
    """Return the minutes that a session has at most as it is prescribed, 0 where none are.

    Without a most, that is what is prescribed at least.
    """
    return max(prescription.minutes_per_session, prescription.most_minutes_per_session or 0)


def sevenths_due(prescription: Prescription, day: date) -> int:
    """Return the sevenths of a session that a local date asks for, without regard to pauses.

    Without weekdays each date asks for a seventh of the week's sessions. Otherwise only its
    weekdays ask, each for whole sessions.
    """
    if not prescription.weekdays:
        return prescription.sessions_per_week
    if WEEKDAYS[day.weekday()] not in prescription.weekdays:
        return 0
    # whole: the number of sessions is a multiple of the number of weekdays
    return _WEEK * prescription.sessions_per_week // len(prescription.weekdays)


def paused(prescription: Prescription, day: date) -> bool:
    """Return whether nothing is due on a local date because of a pause."""
    if not prescription.pauses:  # most have none, and this is asked for every day
        return False
    return any(pause.first <= day <= pause.last for pause in prescription.pauses)


def all_paused(prescriptions: Iterable[Prescription], day: date) -> bool:
    """Return whether prescriptions are in force on a local date and all of them are paused."""
    rows = in_force(prescriptions, day)
    return bool(rows) and all(paused(row, day) for row in rows)


def just_begun(prescriptions: Sequence[Prescription], day: date) -> bool:
    """Return whether every prescription in force on a date is in its first seven days.

    A prescription begins with its first version. False when no prescription is in force.
    """
    rows = in_force(prescriptions, day)
    begun = first_dates(prescriptions)
    return bool(rows) and all(day < begun[row.id] + timedelta(days=FIRST_DAYS) for row in rows)


def first_dates(prescriptions: Iterable[Prescription]) -> dict[str, date]:
    """Return the date on which the first version of each prescription begins, by its id."""
    begun: dict[str, date] = {}
    for row in prescriptions:
        # Versions come in any order, and a later version may begin earlier.
        begun[row.id] = min(row.valid_from, begun.get(row.id, row.valid_from))
    return begun


def share_of_week(per_week: Iterable[int]) -> int:
    """Return what a week asks for when its days ask for parts of these weekly numbers.

    Each day asks for a seventh of its number. The sum is rounded down to whole sessions: nobody
    owes a part of a session.
    """
    return sum(per_week) // _WEEK
