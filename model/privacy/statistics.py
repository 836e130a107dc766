"""Statistics that name nobody: users and training hours of a month by care unit. Pure.

A cell of few users is hidden. So are as many others as it takes that nobody can work a hidden cell
out from the total: the hidden cells are two at least, and together they are no small group either.
A month has no sums with other months, because their differences would show who came and who left.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain

LEAST_USERS = 5  # [P] a group of fewer is hidden
LAG_DAYS = 3  # late data of a month still counts for so long
MOST_MONTHS = 24  # what is made up for after a long standstill
_LEAST_HIDDEN = 2
_HOUR_MIN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMonth:
    """What the statistics keep of a user in a month: the care unit and the minutes of training."""

    unit: str
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticCell:
    """Users and whole hours of training of a care unit; both are None where they are hidden."""

    unit: str
    users: int | None
    hours: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthStatistics:
    """The cells of a month by name of the unit, and their total, which may be hidden too."""

    month: date
    cells: tuple[StatisticCell, ...]
    total: StatisticCell


def first_of_month(day: date, months_on: int = 0) -> date:
    """Return the first day of a date's month, or of a month that lies before or after it."""
    years, month = divmod(day.month - 1 + months_on, 12)
    return date(day.year + years, month + 1, 1)


def months_to_collect(newest: date | None, today: date) -> tuple[date, ...]:
    """Return the months that are over and not collected yet, oldest first, by their first days.

    `newest` is the newest month that was collected; without any only the last month is.
    """
    last = first_of_month(today - timedelta(days=LAG_DAYS), -1)
    # months further back would be counted over the patients of today
    earliest = first_of_month(last, 1 - MOST_MONTHS)
    month = last if newest is None else max(first_of_month(newest, 1), earliest)
    months: list[date] = []
    while month <= last:
        months.append(month)
        month = first_of_month(month, 1)
    return tuple(months)


def month_statistics(month: date, rows: Iterable[UserMonth]) -> MonthStatistics:
    """Return the statistics of a month, with small groups hidden."""
    minutes: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        minutes[row.unit].append(row.minutes)
    full = [_cell(unit, each) for unit, each in sorted(minutes.items())]
    # the total is counted and not added up: sums of rounded hours would differ from it
    everybody = list(chain.from_iterable(minutes.values()))
    return _suppressed(month, full, _cell("", everybody))


def _cell(unit: str, minutes: Sequence[float]) -> StatisticCell:
    return StatisticCell(unit=unit, users=len(minutes), hours=round(sum(minutes) / _HOUR_MIN))


def _suppressed(
    month: date, full: Sequence[StatisticCell], total: StatisticCell
) -> MonthStatistics:
    hidden = hidden_units({cell.unit: cell.users or 0 for cell in full})
    cells = [_hide(cell) if cell.unit in hidden else cell for cell in full]
    # with the total gone no difference leads to a hidden cell, however few there are
    hides_total = bool(hidden) and not _is_safe([c.users or 0 for c in full if c.unit in hidden])
    return MonthStatistics(
        month=month, cells=tuple(cells), total=_hide(total) if hides_total else total
    )


def hidden_units(users: dict[str, int]) -> frozenset[str]:
    """Return the units whose cells are hidden, given the users of each.

    These are all small groups, and with them the smallest others until together they are safe.
    Where even all of them are not, the total must be hidden too.
    """
    # an empty cell counts nobody: it may be shown, and hiding it would protect no other cell
    ordered = sorted((n, unit) for unit, n in users.items() if n)
    hidden = [(n, unit) for n, unit in ordered if n < LEAST_USERS]
    for n, unit in ordered[len(hidden) :]:
        if not hidden or _is_safe([each for each, _ in hidden]):
            break
        hidden.append((n, unit))
    return frozenset(unit for _, unit in hidden)


def _is_safe(users: Sequence[int]) -> bool:
    """Return whether hidden cells protect each other although their sum follows from the total."""
    return len(users) >= _LEAST_HIDDEN and sum(users) >= LEAST_USERS


def _hide(cell: StatisticCell) -> StatisticCell:
    return replace(cell, users=None, hours=None)
