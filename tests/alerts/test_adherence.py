"""What was due and what was done: the measures of a week, and when they cannot be known."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adherence import adherence, capped, due_in_week
from model.derived import Week
from model.intensity import ZoneTimes
from model.prescription import Intensity, Pause, Prescription, in_force
from tests.rows import values_of

_MONDAY = date(2026, 11, 16)
_MIN = 60_000
_PRESCRIPTION = Prescription(
    id="a",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2027, 6, 1),
    sessions_per_week=4,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
    dose_min_per_week=150,
)


def _week(
    sessions: int,
    zones: ZoneTimes,
    dose: float = 0,
    in_range: int = 0,
    known: int = 0,
    rated: int = 0,
) -> Week:
    return Week(
        monday=_MONDAY,
        sessions=sessions,
        session_ms=zones.total,
        zones=zones,
        dose_min=dose,
        valid_days=7,
        answered_days=0,
        known_days=7,
        in_range_ms=in_range * _MIN,
        range_known_ms=known * _MIN,
        exertion_ms=rated * _MIN,
    )


_ZONES = ZoneTimes(light=10 * _MIN, moderate=60 * _MIN, vigorous=30 * _MIN, unknown=20 * _MIN)


def measures(**changes: Any) -> tuple[float | None, ...]:  # noqa: ANN401
    got = adherence(_week(3, _ZONES, 120, 60, 100), replace(_PRESCRIPTION, **changes))
    assert got is not None
    return got.frequency, got.time, got.dose, got.intensity


def test_four_measures_apart() -> None:
    assert measures() == (0.75, 1.0, 0.8, 0.6)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sessions_per_week": 2}, (1.5, 2.0, 0.8, 0.6)),  # not capped
        ({"dose_min_per_week": None}, (0.75, 1.0, None, 0.6)),
        # What lies in the range was counted by the session's own method, whichever it is.
        ({"intensity": Intensity(method="hrr", low=0.45, high=0.6)}, (0.75, 1.0, 0.8, 0.6)),
        ({"intensity": Intensity(method="rpe_cr10", low=3, high=5)}, (0.75, 1.0, 0.8, 0.6)),
        ({"intensity": Intensity(method="bpm", low=100, high=120)}, (0.75, 1.0, 0.8, 0.6)),
        ({"sessions_per_week": 0, "dose_min_per_week": 0}, (None, None, None, 0.6)),
    ],
)
def test_measures_by_prescription(
    changes: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    assert measures(**changes) == expected


@pytest.mark.parametrize(("dose", "expected"), [(120.0, None), (150.0, 1.0), (300.0, 2.0)])
def test_partial_data_may_confirm_but_not_refute(dose: float, expected: float | None) -> None:
    got = adherence(_week(3, ZoneTimes(moderate=78 * _MIN, unknown=22 * _MIN), dose), _PRESCRIPTION)
    assert got is not None
    assert got.dose == expected


@pytest.mark.parametrize(("rated", "dose"), [(1, None), (2, 0.8)])
def test_time_that_an_exertion_judges_is_known(rated: int, dose: float | None) -> None:
    zones = ZoneTimes(moderate=78 * _MIN, unknown=22 * _MIN)
    got = adherence(_week(3, zones, 120, rated=rated), _PRESCRIPTION)
    assert got is not None
    assert got.dose == dose


def test_without_heart_rate_intensity_is_unknown_and_time_is_not() -> None:
    got = adherence(_week(3, ZoneTimes(unknown=90 * _MIN)), _PRESCRIPTION)
    assert got is not None
    assert (got.frequency, got.time, got.dose, got.intensity) == (0.75, 0.75, None, None)


@pytest.mark.parametrize(
    "changes",
    [{"valid_from": _MONDAY + timedelta(days=1)}, {"valid_to": _MONDAY + timedelta(days=5)}],
)
def test_a_prescription_that_does_not_hold_the_whole_week_measures_nothing(
    changes: dict[str, Any],
) -> None:
    assert adherence(_week(3, _ZONES), replace(_PRESCRIPTION, **changes)) is None


def test_capped() -> None:
    assert list(map(capped, (0.5, 1.0, 1.5, None))) == [0.5, 1.0, 1.0, None]


def test_a_newer_version_replaces_the_older_from_its_day_on_and_does_not_give_it_back() -> None:
    newer = replace(
        _PRESCRIPTION, version=2, valid_from=date(2026, 11, 10), valid_to=date(2026, 11, 20)
    )
    days = (
        date(2026, 5, 31),
        date(2026, 6, 1),
        date(2026, 11, 9),
        date(2026, 11, 10),
        date(2026, 11, 21),
    )
    for rows in ((_PRESCRIPTION, newer), (newer, _PRESCRIPTION)):
        assert [values_of(in_force(rows, day), "version") for day in days] == [
            [],
            [1],
            [1],
            [2],
            [],
        ]


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 14))
def test_pauses_reduce_what_is_due_by_their_days(first: int, length: int, per_week: int) -> None:
    last = min(first + length, 6)
    pause = Pause(
        first=_MONDAY + timedelta(days=first), last=_MONDAY + timedelta(days=last), why="holiday"
    )
    got = due_in_week(
        (replace(_PRESCRIPTION, sessions_per_week=per_week, pauses=(pause, pause)),), _MONDAY
    )
    assert got is not None
    off = last - first + 1
    assert got.paused_days == off
    assert got.sessions == per_week * (7 - off) / 7
    assert got.minutes == per_week * 30 * (7 - off) / 7
