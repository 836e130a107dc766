"""Each known day of a week counts for one reason, so that the reasons add up."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.adherence import known_days
from alerts.due import due_in_week
from alerts.known_by import count_by_reason, dates_by_reason
from model.derived.days import Day
from model.intensity import ZoneTimes
from model.prescription import Intensity, Prescription
from stream.compute.weeks import week_of_days

_FIRST = date(2026, 11, 16)
_WALKS = Prescription(
    id="a",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
    types=("walking",),
)
# w worn, a answered, b both, p a phone was carried, r the answer about the week, " " has no row
_NAMES = ("valid_days", "answered_days", "recalled_days", "carried_days")


def _rows(letters: str) -> Iterable[Day]:
    for number, letter in enumerate(letters):
        if letter != " ":
            yield Day(
                local_date=_FIRST + timedelta(days=number),
                sessions=0,
                session_ms=0,
                zones=ZoneTimes(),
                wear_min=600 if letter in "wb" else 599,
                answered=letter in "abr",
                phone_min=600 if letter in "pw" else 0,
                recalled_sessions=0 if letter == "r" else None,
            )


@pytest.mark.parametrize(
    ("letters", "counts"),
    [
        ("wwwwwww", (7, 0, 0, 0)),
        ("bbbbbbb", (7, 0, 0, 0)),
        ("aawwbb ", (4, 2, 0, 0)),
        ("      r", (0, 1, 6, 0)),
        ("w p  r ", (1, 1, 4, 0)),
        ("wapp   ", (1, 1, 0, 2)),
        ("       ", (0, 0, 0, 0)),
    ],
)
def test_each_known_day_counts_for_one_reason(letters: str, counts: tuple[int, ...]) -> None:
    rows = list(_rows(letters))
    week = week_of_days(_FIRST, rows)
    due = due_in_week((_WALKS,), _FIRST)
    assert due is not None
    dates = dates_by_reason(week, rows, due.parts[0])
    assert count_by_reason(dates) == dict(zip(_NAMES, counts, strict=True))
    assert sum(counts) == known_days(week, due.parts[0])
    without = count_by_reason(dates_by_reason(week, rows, None))
    assert sum(without.values()) == week.known_days


def test_a_phone_makes_no_day_known_for_a_ride() -> None:
    rows = list(_rows("pppp   "))
    due = due_in_week((replace(_WALKS, types=("cycling",)),), _FIRST)
    assert due is not None
    assert not any(dates_by_reason(week_of_days(_FIRST, rows), rows, due.parts[0]).values())
