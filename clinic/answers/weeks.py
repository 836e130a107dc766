"""Answers about weeks and prescriptions: every week of a range, with or without a row. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from clinic.answers import adherence
from clinic.answers.adherence import AdherenceShape, TotalShape
from clinic.answers.shape import Shape, Zones, same_fields
from model.calendar import monday, week_bounds
from model.derived.days import Week
from model.prescription import Prescription, in_force

# A week's totals are called complete from this many valid days on (clinical definition).
COMPLETE_DAYS = 4
# What an answer about a prescription says of the week itself.
_OF_WEEK = (
    "monday",
    "iso_week",
    "over",
    "complete",
    "known_days",
    "sessions",
    "session_ms",
    "dose_min",
)


class WeekShape(Shape):
    """An ISO week in the patient's zone; sums are over the days about which something is known."""

    monday: date
    iso_week: str
    """As `2026-W47`."""
    over: bool
    """Whether it has ended."""
    complete: bool
    """At least 4 days have 600 minutes of wear or more."""
    sessions: int
    session_ms: int
    """Time of the sessions without pauses; the zones add up to it."""
    elapsed_ms: int
    """Time of the sessions with pauses."""
    paused_ms: int
    zones_ms: Zones
    """Time of the sessions by intensity."""
    volume_ms: Zones
    """Every minute of the week by intensity, in a session or not."""
    steps: int | None
    dose_min: float
    """Moderate + 2 x vigorous minutes of the sessions."""
    loads: dict[str, float]
    valid_days: int
    answered_days: int
    known_days: int
    recalled_sessions: int | None
    """Sessions of the week as the patient told, recorded or not; null without such an answer."""
    recalled_until: date | None
    """The date up to which that answer makes the week known."""
    algorithm: str | None
    """Null for a week without any data."""


class WeekAnswer(WeekShape):
    """A week against each prescription that held on all of its days."""

    adherence: tuple[AdherenceShape, ...]


class WeeksAnswer(Shape):
    """Every ISO week that a range of dates touches, oldest first."""

    zone: str
    weeks: tuple[WeekAnswer, ...]


class PrescriptionWeek(AdherenceShape):
    """A week against a prescription, with what is known about the week."""

    monday: date
    iso_week: str
    over: bool
    complete: bool
    known_days: int
    sessions: int
    session_ms: int
    dose_min: float


class PrescriptionWeeksAnswer(Shape):
    """The weeks in which a prescription held on all days, oldest first, and adherence over them."""

    prescription: str
    zone: str
    total: TotalShape
    """Over the weeks below that have ended."""
    weeks: tuple[PrescriptionWeek, ...]


class PrescriptionShape(Shape):
    """A prescription with all its versions, newest first."""

    id: str
    first: date
    last: date
    """Its last date, as the newest version has it."""
    in_force: bool
    """Whether it holds today."""
    versions: tuple[Prescription, ...]


def mondays(dates: Sequence[date]) -> list[date]:
    """Return the Mondays of the weeks that dates lie in, in order."""
    return sorted(set(map(monday, dates)))


def weeks_answer(
    values: Mapping[date, Week],
    days: Sequence[date],
    prescriptions: Sequence[Prescription],
    now_ms: int,
    zone: str,
) -> WeeksAnswer:
    """Return the week of each Monday in `days` against each prescription."""
    by_id = versions(prescriptions)
    answers = []
    for first in days:
        week = values.get(first)
        shaped = map(adherence.shaped, _measured(week, by_id.values(), first))
        shape = _shape(first, week, now_ms, zone)
        answers.append(WeekAnswer(**shape, adherence=tuple(shaped)))
    return WeeksAnswer(zone=zone, weeks=tuple(answers))


def _measured(
    week: Week | None, prescriptions: Iterable[Sequence[Prescription]], first: date
) -> Iterator[adherence.Measured]:
    """Yield a week against each prescription that held on all of its days."""
    for rows in prescriptions:
        item = adherence.measured(week, rows, first)
        if item is not None:
            yield item


def prescription_answer(
    values: Mapping[date, Week],
    days: Sequence[date],
    rows: Sequence[Prescription],
    now_ms: int,
    zone: str,
) -> PrescriptionWeeksAnswer:
    """Return the weeks of the Mondays in `days` in which a prescription held on all seven days.

    `rows` are the versions of the prescription, newest first.
    """
    held, ended = [], []
    for first in days:
        for item in _measured(values.get(first), [rows], first):
            held.append(item)
            # The running week is listed but not averaged: its sessions may still be to come.
            if _over(first, now_ms, zone):
                ended.append(item)
    return PrescriptionWeeksAnswer(
        prescription=rows[0].id,
        zone=zone,
        total=adherence.total_of(ended),
        weeks=tuple(_prescription_week(item, now_ms, zone) for item in held),
    )


def _prescription_week(item: adherence.Measured, now_ms: int, zone: str) -> PrescriptionWeek:
    known = _shape(item.week.monday, item.week, now_ms, zone)
    measured = same_fields(adherence.shaped(item), AdherenceShape.model_fields)
    return PrescriptionWeek(**{name: known[name] for name in _OF_WEEK}, **measured)


def prescription_shapes(
    prescriptions: Sequence[Prescription], today: date
) -> tuple[PrescriptionShape, ...]:
    """Return each prescription, by id, with all its versions."""
    held = {item.id for item in in_force(prescriptions, today)}
    shapes = []
    for key, rows in versions(prescriptions).items():
        first, last = bounds(rows)
        shapes.append(
            PrescriptionShape(id=key, first=first, last=last, in_force=key in held, versions=rows)
        )
    return tuple(shapes)


def versions(prescriptions: Sequence[Prescription]) -> dict[str, tuple[Prescription, ...]]:
    """Return the versions of each prescription, newest first, by id."""
    grouped: dict[str, list[Prescription]] = defaultdict(list)
    # Newest first: `bounds` takes the end from the first row.
    for prescription in sorted(prescriptions, key=lambda p: (p.id, -p.version)):
        grouped[prescription.id].append(prescription)
    return {key: tuple(rows) for key, rows in grouped.items()}


def bounds(rows: Sequence[Prescription]) -> tuple[date, date]:
    """Return the first and the last date of a prescription from its versions, newest first.

    A later version may move the end; the start is the earliest of all versions.
    """
    return min(row.valid_from for row in rows), rows[0].valid_to


def _over(first: date, now_ms: int, zone: str) -> bool:
    # In the patient's zone: the same instant may be Sunday for one patient and Monday for another.
    return now_ms >= week_bounds(first, zone)[1]


def _shape(first: date, row: Week | None, now_ms: int, zone: str) -> dict[str, Any]:
    week = row or adherence.unknown_week(first)
    same = (
        "sessions",
        "session_ms",
        "elapsed_ms",
        "paused_ms",
        "steps",
        "dose_min",
        "loads",
        "valid_days",
        "answered_days",
        "known_days",
        "recalled_sessions",
        "recalled_until",
    )
    iso = first.isocalendar()
    return {
        **same_fields(week, same),
        "monday": first,
        "iso_week": f"{iso.year}-W{iso.week:02d}",
        "over": _over(first, now_ms, zone),
        "complete": week.valid_days >= COMPLETE_DAYS,
        "zones_ms": Zones.of(week.zones),
        "volume_ms": Zones.of(week.volume),
        # No algorithm has computed a week without a row.
        "algorithm": row.algorithm if row else None,
    }
