"""Why the known days of a week are known: by what was worn, answered or carried. Pure.

Clinical definition section 5.2. A day may be known for several reasons and counts for the first of
them, so that the numbers of the reasons add up to the number of known days.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeAlias

from alerts.adherence import is_known_day
from alerts.due import PrescriptionDue
from model.derived.algorithm import VALID_WEAR_MIN
from model.derived.days import Day, Week, WeekDay

_Holds: TypeAlias = Callable[[WeekDay, Day | None, Week], bool]


def _was_recalled(day: WeekDay, _row: Day | None, week: Week) -> bool:
    return week.recalled_until is not None and day.local_date <= week.recalled_until


# The order matters: a day counts for the first reason that holds.
_REASONS: tuple[tuple[str, _Holds], ...] = (
    ("valid_days", lambda _day, row, _week: row is not None and row.wear_min >= VALID_WEAR_MIN),
    ("answered_days", lambda _day, row, _week: row is not None and row.answered),
    ("recalled_days", _was_recalled),
    ("carried_days", lambda day, _row, _week: not day.known),
)


def dates_by_reason(
    week: Week, rows: Iterable[Day], part: PrescriptionDue | None
) -> dict[str, tuple[date, ...]]:
    """Return the known dates of a week by the reason for which each is known.

    `rows` has the row of each date of the week that has some. Without a prescription a phone makes
    no date known.
    """
    by_date = {row.local_date: row for row in rows}
    dates: dict[str, list[date]] = {name: [] for name, _ in _REASONS}
    for day in week.days:
        known = day.known if part is None else is_known_day(day, part.by_day[day.local_date])
        if known:
            dates[_reason(day, by_date.get(day.local_date), week)].append(day.local_date)
    return {name: tuple(of_reason) for name, of_reason in dates.items()}


def _reason(day: WeekDay, row: Day | None, week: Week) -> str:
    for name, holds in _REASONS:
        if holds(day, row, week):
            return name
    return _REASONS[0][0]  # a week whose days were not loaded was known by wear


def count_by_reason(dates: Mapping[str, tuple[date, ...]]) -> dict[str, int]:
    """Return how many dates are known for each reason."""
    return {name: len(of_reason) for name, of_reason in dates.items()}
