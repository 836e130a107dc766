"""Answers about weeks and prescriptions: every week of a range, with or without a row. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from clinic.answers import adherence
from clinic.answers.adherence import AdherenceShape, TotalShape
from clinic.answers.shape import Shape, Zones
from model.calendar import monday, week_bounds
from model.derived import Week
from model.prescription import Prescription, in_force

COMPLETE_DAYS = (
    4  # a week's totals are called complete from here on (clinical definition, valid day)
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
    return sorted({monday(day) for day in dates})


def weeks_answer(
    values: Mapping[date, Week],
    days: Sequence[date],
    prescriptions: Sequence[Prescription],
    now_ms: int,
    zone: str,
) -> WeeksAnswer:
    """Return the week of each Monday in `days` against each prescription."""
    by_id = versions(prescriptions)

    def answer_of(first: date) -> WeekAnswer:
        against = (adherence.measured(values.get(first), rows, first) for rows in by_id.values())
        shown = tuple(adherence.shaped(each) for each in against if each)
        return WeekAnswer(**_shape(first, values.get(first), now_ms, zone), adherence=shown)

    return WeeksAnswer(zone=zone, weeks=tuple(map(answer_of, days)))


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
    all_of_them = (adherence.measured(values.get(first), rows, first) for first in days)
    held = [item for item in all_of_them if item]
    names = (
        "monday",
        "iso_week",
        "over",
        "complete",
        "known_days",
        "sessions",
        "session_ms",
        "dose_min",
    )

    def answer_of(each: adherence.Measured) -> PrescriptionWeek:
        result = _shape(each.week.monday, each.week, now_ms, zone)
        against = {
            name: getattr(adherence.shaped(each), name) for name in AdherenceShape.model_fields
        }
        return PrescriptionWeek(**{name: result[name] for name in names}, **against)

    # The running week is listed but not averaged: its sessions may still be to come.
    return PrescriptionWeeksAnswer(
        prescription=rows[0].id,
        zone=zone,
        total=adherence.total_of([item for item in held if _over(item.week.monday, now_ms, zone)]),
        weeks=tuple(map(answer_of, held)),
    )


def prescription_shapes(
    prescriptions: Sequence[Prescription], today: date
) -> tuple[PrescriptionShape, ...]:
    """Return each prescription, by id, with all its versions."""
    held = {item.id for item in in_force(prescriptions, today)}
    return tuple(
        PrescriptionShape(
            id=key, first=bounds(rows)[0], last=bounds(rows)[1], in_force=key in held, versions=rows
        )
        for key, rows in versions(prescriptions).items()
    )


def versions(prescriptions: Sequence[Prescription]) -> dict[str, tuple[Prescription, ...]]:
    """Return the versions of each prescription, newest first, by id."""
    grouped: dict[str, list[Prescription]] = defaultdict(list)
    for prescription in sorted(prescriptions, key=lambda p: (p.id, -p.version)):
        grouped[prescription.id].append(prescription)
    return {key: tuple(rows) for key, rows in grouped.items()}


def bounds(rows: Sequence[Prescription]) -> tuple[date, date]:
    """Return the first and the last date of a prescription from its versions, newest first.

    A later version may move the end; the start is the earliest of all versions.
    """
    return min(row.valid_from for row in rows), rows[0].valid_to


def _over(first: date, now_ms: int, zone: str) -> bool:
    return now_ms >= week_bounds(first, zone)[1]


def _shape(first: date, row: Week | None, now_ms: int, zone: str) -> dict[str, Any]:
    week = row or adherence.unknown_week(first)
    same = (
        "sessions",
        "session_ms",
        "steps",
        "dose_min",
        "loads",
        "valid_days",
        "answered_days",
        "known_days",
    )
    iso = first.isocalendar()
    return {
        **{name: getattr(week, name) for name in same},
        "monday": first,
        "iso_week": f"{iso.year}-W{iso.week:02d}",
        "over": _over(first, now_ms, zone),
        "complete": week.valid_days >= COMPLETE_DAYS,
        "zones_ms": Zones.of(week.zones),
        "volume_ms": Zones.of(week.volume),
        "algorithm": row.algorithm if row else None,
    }
