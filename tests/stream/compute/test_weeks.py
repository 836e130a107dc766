"""Weeks: the dose, valid and known days, and that only the seven days count."""

import random
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model.derived import Day
from model.intensity import ZoneTimes
from stream.compute.weeks import dose_minutes, week_of_days

MONDAY = date(2026, 11, 16)
MIN = 60_000


def day(n: int, wear: int = 0, zones: ZoneTimes | None = None, *, answered: bool = False) -> Day:
    zones = zones or ZoneTimes()
    date_ = MONDAY + timedelta(days=n)
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
        dose_minutes(ZoneTimes(light=50 * MIN, moderate=30 * MIN, vigorous=10 * MIN, near_max=MIN))
        == 52
    )
    assert dose_minutes(ZoneTimes(moderate=45_000, unknown=MIN)) == 0.75


def test_a_week_exactly() -> None:
    zones = ZoneTimes(light=10 * MIN, moderate=20 * MIN, vigorous=5 * MIN, unknown=MIN)
    days = [
        day(-1, 900, zones),
        day(0, 600, zones),
        day(1, 599),
        day(2, 599, answered=True),
        day(4, 700, zones, answered=True),
        day(7, 900, zones, answered=True),
    ]
    got = week_of_days(MONDAY, days)
    assert (got.monday, got.sessions, got.session_ms) == (MONDAY, 2, 72 * MIN)
    assert (got.dose_min, got.zones) == (60, zones + zones)
    assert (got.valid_days, got.answered_days, got.known_days) == (2, 2, 3)


def test_a_week_of_nothing_knows_nothing() -> None:
    got = week_of_days(MONDAY, [])
    assert (got.sessions, got.valid_days, got.answered_days, got.known_days, got.dose_min) == (
        0,
        0,
        0,
        0,
        0,
    )


@given(
    st.lists(st.integers(-3, 9), unique=True).map(
        lambda ns: [day(n, 590 + 3 * n, answered=n % 3 == 0) for n in ns]
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_days_does_not_matter(days: list[Day], chance: random.Random) -> None:
    got = week_of_days(MONDAY, days)
    assert week_of_days(MONDAY, chance.sample(days, len(days))) == got
    assert (
        max(got.valid_days, got.answered_days)
        <= got.known_days
        <= min(7, got.valid_days + got.answered_days)
    )
