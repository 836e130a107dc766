"""Weeks: the dose, valid and known days, and that only the seven days count."""

import random
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model.derived.days import Day
from model.intensity import ZoneTimes
from stream.compute.intensity.dose import dose_minutes
from stream.compute.weeks import week_of_days
from tests.rows import values_of
from tests.weeks import type_total

_MONDAY = date(2026, 11, 16)
_MIN = 60_000


def _day(n: int, wear: int = 0, zones: ZoneTimes | None = None, *, answered: bool = False) -> Day:
    zones = zones or ZoneTimes()
    date_ = _MONDAY + timedelta(days=n)
    sessions = int(zones.total > 0)
    return Day(
        local_date=date_,
        sessions=sessions,
        session_ms=zones.total,
        zones=zones,
        wear_min=wear,
        answered=answered,
    )


def test_dose_counts_vigorous_twice() -> None:
    assert (
        dose_minutes(
            ZoneTimes(light=50 * _MIN, moderate=30 * _MIN, vigorous=10 * _MIN, near_max=_MIN)
        )
        == 52
    )
    assert dose_minutes(ZoneTimes(moderate=45_000, unknown=_MIN)) == 0.75


def test_a_week_exactly() -> None:
    zones = ZoneTimes(light=10 * _MIN, moderate=20 * _MIN, vigorous=5 * _MIN, unknown=_MIN)
    days = [
        _day(-1, 900, zones),
        _day(0, 600, zones),
        _day(1, 599),
        _day(2, 599, answered=True),
        _day(4, 700, zones, answered=True),
        _day(7, 900, zones, answered=True),
    ]
    got = week_of_days(_MONDAY, days)
    assert (got.monday, got.sessions, got.session_ms) == (_MONDAY, 2, 72 * _MIN)
    assert (got.dose_min, got.zones) == (60, zones + zones)
    assert (got.valid_days, got.answered_days, got.known_days) == (2, 2, 3)


def test_an_answer_about_a_week_makes_all_days_up_to_it_known() -> None:
    days = [
        _day(0, 600),
        replace(_day(2, answered=True), recalled_sessions=1),
        replace(_day(4, answered=True), recalled_sessions=3),
        _day(5, 100),
    ]
    got = week_of_days(_MONDAY, days)
    assert (got.recalled_sessions, got.recalled_until) == (3, _MONDAY + timedelta(days=4))
    assert (got.valid_days, got.answered_days, got.known_days) == (1, 2, 5)
    assert values_of(got.days, "known") == [True] * 5 + [False]
    assert got.unrecorded_sessions == 3
    before = week_of_days(_MONDAY, days[:2])
    assert (before.recalled_sessions, before.known_days) == (1, 3)


def test_recorded_sessions_after_the_answer_are_no_part_of_it() -> None:
    walked = (type_total("walking", 1),)
    days = [
        replace(_day(1), by_type=walked),
        replace(_day(3), recalled_sessions=3, by_type=walked),
        replace(_day(5), by_type=walked),
    ]
    assert week_of_days(_MONDAY, days).unrecorded_sessions == 1
    assert week_of_days(_MONDAY, days[:1]).unrecorded_sessions == 0


def test_a_week_of_nothing_knows_nothing() -> None:
    got = week_of_days(_MONDAY, [])
    assert (got.sessions, got.valid_days, got.answered_days, got.known_days, got.dose_min) == (
        0,
        0,
        0,
        0,
        0,
    )


@given(
    st.lists(st.integers(-3, 9), unique=True).map(
        lambda ns: [_day(n, 590 + 3 * n, answered=n % 3 == 0) for n in ns]
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_days_does_not_matter(days: list[Day], chance: random.Random) -> None:
    got = week_of_days(_MONDAY, days)
    assert week_of_days(_MONDAY, chance.sample(days, len(days))) == got
    assert (
        max(got.valid_days, got.answered_days)
        <= got.known_days
        <= min(7, got.valid_days + got.answered_days)
    )
