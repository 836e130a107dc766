"""Resting heart rate of a night: exact figures, coverage and both changes of the clock.

Also what must make no difference.
"""

from datetime import date, timedelta
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.compute.intensity.resting import night_bounds, night_hr, resting_heart_rate

_ZONE = "Europe/Stockholm"
_DAY = date(2026, 11, 18)
_START = 1_794_967_200_000  # 02:00 UTC, 03:00 in Stockholm
_MIN = 60_000


def night(
    minutes: list[int], values: list[float], day: date = _DAY, zone: str = _ZONE
) -> float | None:
    """One sample 7 s into each minute of the night."""
    t = night_bounds(day, zone)[0] + np.array(minutes, dtype=np.int64) * _MIN + 7_000
    return night_hr(t, np.array(values, dtype=np.float64), day, zone)


def flat(n: int = 240, rate: float = 60.0) -> list[float]:
    return [rate] * n


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (_DAY, _ZONE, 4),
        (date(2026, 3, 29), _ZONE, 4),  # the clock moves at 02 and 03
        (date(2026, 10, 25), _ZONE, 4),
        (date(2026, 3, 29), "Europe/Helsinki", 3),  # 03:00 is skipped
        (date(2026, 10, 25), "Europe/Helsinki", 5),  # 03:00 comes twice
    ],
)
def test_a_night_is_from_three_to_seven_by_the_clock(day: date, zone: str, hours: int) -> None:
    start, end = night_bounds(day, zone)
    assert end - start == hours * 60 * _MIN


def test_a_night_begins_at_an_instant() -> None:
    assert night_bounds(_DAY, _ZONE) == (_START, _START + 240 * _MIN)
    assert (
        night_bounds(date(2026, 3, 29), _ZONE)[0] == 1_774_746_000_000
    )  # 01:00 UTC: 03:00 summer time
    assert (
        night_bounds(date(2026, 10, 25), _ZONE)[0] == 1_792_893_600_000
    )  # 02:00 UTC: 03:00 winter time


def test_lowest_mean_of_five_minutes() -> None:
    rates = flat()
    rates[100:105] = [50, 51, 52, 53, 49]
    assert night(list(range(240)), rates) == 51.0


def test_a_short_dip_is_averaged() -> None:
    rates = flat()
    rates[7] = 40
    assert night(list(range(240)), rates) == 56.0


def test_only_the_night_counts() -> None:
    rates = flat(250, 60)
    rates[:5] = rates[245:] = flat(5, 40)
    assert night(list(range(-5, 245)), rates) == 60.0


def test_each_minute_weighs_the_same() -> None:
    t = _START + np.sort(
        np.concatenate([np.arange(240) * _MIN, 30 * _MIN + np.arange(1, 60) * 1_000])
    )
    v = np.where((t >= _START + 30 * _MIN) & (t < _START + 31 * _MIN), 50.0, 60.0)
    assert night_hr(t, v, _DAY, _ZONE) == 58.0


def test_four_minutes_of_five_must_be_covered() -> None:
    assert night(list(range(192)), flat(192)) == 60.0
    assert night(list(range(191)), flat(191)) is None
    assert night([], []) is None


def test_coverage_is_of_the_night_that_there_is() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert night(list(range(144)), flat(144), spring, "Europe/Helsinki") == 60.0
    assert night(list(range(143)), flat(143), spring, "Europe/Helsinki") is None
    assert night(list(range(240)), flat(240), autumn, "Europe/Helsinki") == 60.0
    assert night(list(range(239)), flat(239), autumn, "Europe/Helsinki") is None


def test_five_in_a_row_are_needed() -> None:
    holes = [n for n in range(240) if n % 5 != 4]
    assert night(holes, flat(192)) is None
    assert night(sorted({*holes, 4}), flat(193)) == 60.0


def test_a_hole_is_not_bridged() -> None:
    minutes = [n for n in range(240) if n != 102]
    rates = [40.0 if 100 <= n <= 104 else 60.0 for n in minutes]
    assert night(minutes, rates) == 52.0


_rates = st.dictionaries(st.integers(0, 240 * 60 - 1), st.integers(40, 90), max_size=40)


@given(_rates, st.integers(0, 120), st.integers(40, 50))
def test_equals_trying_every_window(spots: dict[int, int], at: int, low: int) -> None:
    seconds = (
        {n * 60 + 13: 60 for n in range(240) if n % 11}
        | {(at + n) * 60 + 13: low for n in range(3)}
        | spots
    )
    t = _START + 1_000 * np.array(sorted(seconds), dtype=np.int64)
    v = np.array([seconds[s] for s in sorted(seconds)], dtype=np.float64)
    by_minute: dict[int, list[int]] = {}
    for second, rate in sorted(seconds.items()):
        by_minute.setdefault(second // 60, []).append(rate)
    means = []
    for n in range(236):
        window = range(n, n + 5)
        if set(window) <= by_minute.keys():
            means.append(sum(fmean(by_minute[minute]) for minute in window) / 5)
    expected = min(means)
    assert night_hr(t, v, _DAY, _ZONE) == pytest.approx(expected, rel=1e-12)


NIGHTS = [50.0, None, 52.0, 51.0, 60.0, 49.0, 53.0, 54.0, 55.0]


def by_date(nights: list[float | None]) -> dict[date, float | None]:
    return {_DAY + timedelta(days=n): value for n, value in enumerate(nights)}


@pytest.mark.parametrize(
    ("n", "expected"), [(0, None), (2, None), (3, 51.0), (4, 51.5), (7, 52.0), (8, 53.0)]
)
def test_usual_is_the_median_of_seven_and_needs_three(n: int, expected: float | None) -> None:
    assert resting_heart_rate(by_date(NIGHTS), _DAY + timedelta(days=n)) == expected


@given(st.permutations(list(by_date(NIGHTS).items())))
def test_order_of_nights_does_not_matter(items: list[tuple[date, float | None]]) -> None:
    assert resting_heart_rate(dict(items), _DAY + timedelta(days=99)) == 53.0
