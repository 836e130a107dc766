"""No small group can be worked out from what is printed, and months are collected once each."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.privacy.statistics import (
    LEAST_USERS,
    MOST_MONTHS,
    MonthStatistics,
    UserMonth,
    first_of_month,
    hidden_units,
    month_statistics,
    months_to_collect,
)

_OCTOBER = date(2026, 10, 1)


def _month(users: dict[str, int], minutes: float = 90) -> MonthStatistics:
    rows: list[UserMonth] = []
    for unit, n in users.items():
        rows += [UserMonth(unit=unit, minutes=minutes)] * n
    return month_statistics(_OCTOBER, rows)


def _shown(month: MonthStatistics) -> list[tuple[str, int | None, int | None]]:
    return [(cell.unit, cell.users, cell.hours) for cell in (*month.cells, month.total)]


@pytest.mark.promise(18)
def test_units_of_five_are_shown_with_their_hours() -> None:
    assert _shown(_month({"B": 5, "A": 8})) == [("A", 8, 12), ("B", 5, 8), ("", 13, 20)]


@pytest.mark.promise(18)
@pytest.mark.parametrize(
    ("users", "hidden", "hides_total"),
    [
        # the only small unit would follow from the total: the next smallest is hidden with it
        ({"A": 4, "B": 9, "C": 20}, {"A", "B"}, False),
        # two small ones that are together no small group protect each other
        ({"A": 2, "B": 3, "C": 20}, {"A", "B"}, False),
        # two that are: another is hidden as well
        ({"A": 1, "B": 3, "C": 6, "D": 9}, {"A", "B", "C"}, False),
        ({"A": 4}, {"A"}, True),
        ({"A": 1, "B": 2}, {"A", "B"}, True),
        ({"A": 5}, set(), False),
    ],
)
def test_what_is_hidden_with_small_groups(
    users: dict[str, int], hidden: set[str], *, hides_total: bool
) -> None:
    month = _month(users)
    assert {cell.unit for cell in month.cells if cell.users is None} == hidden
    assert (month.total.users is None) == hides_total
    assert all((cell.users is None) == (cell.hours is None) for cell in month.cells)


def test_an_empty_unit_is_shown_and_protects_nothing() -> None:
    assert hidden_units({"A": 0, "B": 3, "C": 7}) == {"B", "C"}
    assert _shown(_month({})) == [("", 0, 0)]


@pytest.mark.promise(18)
@given(st.dictionaries(st.sampled_from("ABCDEF"), st.integers(1, 12), max_size=6))
def test_nobody_can_work_out_a_hidden_cell(users: dict[str, int]) -> None:
    """Every way to fill in what is hidden is tried: no cell has a single solution."""
    month = _month(users)
    hidden = [cell.unit for cell in month.cells if cell.users is None]
    assert {unit for unit, n in users.items() if n < LEAST_USERS} <= set(hidden)
    if not hidden or month.total.users is None:
        return
    left = month.total.users - sum(cell.users or 0 for cell in month.cells)
    assert left >= LEAST_USERS  # what is hidden is no small group itself
    assert len(hidden) > 1
    if len(hidden) <= 3:
        ways = [way for way in product(range(1, left), repeat=len(hidden)) if sum(way) == left]
        for values in zip(*ways, strict=True):
            assert len(set(values)) > 1


@pytest.mark.parametrize(
    ("newest", "today", "months"),
    [
        (None, date(2026, 11, 3), (date(2026, 9, 1),)),  # October is not closed yet
        (None, date(2026, 11, 4), (date(2026, 10, 1),)),
        (date(2026, 10, 1), date(2026, 12, 3), ()),
        (date(2026, 10, 1), date(2027, 1, 4), (date(2026, 11, 1), date(2026, 12, 1))),
        (date(2027, 1, 1), date(2026, 11, 4), ()),  # a clock that went back
    ],
)
def test_which_months_are_due(newest: date | None, today: date, months: tuple[date, ...]) -> None:
    assert months_to_collect(newest, today) == months


def test_a_standstill_of_years_is_not_made_up_for_in_full() -> None:
    months = months_to_collect(date(2020, 1, 1), date(2026, 11, 4))
    assert (months[0], months[-1], len(months)) == (date(2024, 11, 1), _OCTOBER, MOST_MONTHS)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-40, 40))
def test_months_are_counted_over_years(day: date, on: int) -> None:
    first = first_of_month(day, on)
    assert (first.year * 12 + first.month) - (day.year * 12 + day.month) == on
    assert first.day == 1
