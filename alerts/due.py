"""What prescriptions ask for in a week, with pauses taken off. Pure.

Clinical definition section 5.1. What is due is whole sessions: a part of one is owed by nobody.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from model.prescription import Prescription, in_force, paused, sevenths_due, share_of_week

_WEEK = 7
_DOSE = attrgetter("dose_min")
_WEEKS_DOSE = attrgetter("dose_min_per_week")
_STRENGTH_DAYS = attrgetter("strength_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionDue:
    """What one prescription asked for in a week.

    `by_day` has the version in force on each of its days. `sessions` are whole sessions, and
    `minutes` and `dose_min` are theirs.
    """

    by_day: Mapping[date, Prescription]
    sessions: int
    minutes: float
    dose_min: float | None
    strength_days: int
    paused_days: int

    @property
    def last(self) -> Prescription:
        """Return the version in force on the Sunday."""
        return self.by_day[max(self.by_day)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What was prescribed for a week, with pauses taken off: the sums over all prescriptions.

    `paused_days` are the days on which nothing was due. `dose_min` is None when a prescription
    names none: a sum over some of them would be too low.
    """

    sessions: int
    minutes: float
    dose_min: float | None
    strength_days: int
    paused_days: int
    parts: tuple[PrescriptionDue, ...]

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """Return the versions in force on the Sunday."""
        return tuple(part.last for part in self.parts)


def due_in_week(prescriptions: Sequence[Prescription], monday: date) -> Due | None:
    """Return what was due in the week that begins on `monday`.

    None when no prescription is in force on all seven days. A new version within the week counts
    from its day on. Prescriptions with different ids add up.
    """
    parts = tuple(map(_part, _held_all_week(prescriptions, monday)))
    if not parts:
        return None
    sessions = strength_days = 0
    minutes = 0.0
    for part in parts:
        sessions += part.sessions
        minutes += part.minutes
        strength_days += part.strength_days
    return Due(
        sessions=sessions,
        minutes=minutes,
        dose_min=_sum_if_known(map(_DOSE, parts)),
        strength_days=strength_days,
        paused_days=sum(_all_paused(parts, day) for day in parts[0].by_day),
        parts=parts,
    )


def _held_all_week(
    prescriptions: Sequence[Prescription], monday: date
) -> Iterator[dict[date, Prescription]]:
    """Yield the versions by day of each prescription that is in force on all days of a week.

    A week that is cut by a beginning or an end cannot be compared with a number of sessions a week.
    """
    by_id: dict[str, dict[date, Prescription]] = {}
    for number in range(_WEEK):
        day = monday + timedelta(days=number)
        for row in in_force(prescriptions, day):
            by_id.setdefault(row.id, {})[day] = row
    for _, by_day in sorted(by_id.items()):
        if len(by_day) == _WEEK:
            yield by_day


def _part(by_day: Mapping[date, Prescription]) -> PrescriptionDue:
    active: list[Prescription] = []
    sevenths: list[int] = []
    for day, row in by_day.items():
        if not paused(row, day):
            active.append(row)
            sevenths.append(sevenths_due(row, day))
    sessions = share_of_week(sevenths)
    return PrescriptionDue(
        by_day=by_day,
        sessions=sessions,
        minutes=sessions * _mean_minutes(active, sevenths),
        dose_min=_dose_due(active, sessions, sum(sevenths)),
        strength_days=share_of_week(map(_STRENGTH_DAYS, active)),
        paused_days=len(by_day) - len(active),
    )


def _dose_due(active: Sequence[Prescription], sessions: int, sevenths: int) -> float | None:
    """Return the dose of the whole sessions that are due; None when it is not prescribed.

    Where only a dose is asked for, each day asks for a seventh of it.
    """
    dose = _sum_if_known(map(_WEEKS_DOSE, active))
    if dose is None:
        return None
    if not any(row.sessions_per_week for row in active):
        return dose / _WEEK
    return dose * sessions / sevenths if sevenths else 0.0


def _mean_minutes(active: Iterable[Prescription], sevenths: Iterable[int]) -> float:
    """Return the prescribed length of a session, over days by the sessions they ask for."""
    sessions = minutes = 0
    for row, share in zip(active, sevenths, strict=True):
        sessions += share
        minutes += share * row.minutes_per_session
    return minutes / sessions if sessions else 0.0


def _sum_if_known(doses: Iterable[float | None]) -> float | None:
    """Return the sum of doses in minutes; None when one of them is not known."""
    total = 0.0
    for dose in doses:
        if dose is None:
            return None
        total += dose
    return total


def _all_paused(parts: Iterable[PrescriptionDue], day: date) -> bool:
    return all(paused(part.by_day[day], day) for part in parts)
