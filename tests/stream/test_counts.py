"""Counts hold over minutes: spread evenly, counted once, and their sum is exact."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS, MINUTE_MS, utc
from model.columns.window import SampleColumn, Window
from model.facts import DeviceType, Instants, Source, Values
from stream.compute.derive import derive
from stream.compute.series.counts import LONGEST_MS, spread_counts
from tests.depth import INVARIANT

_T0 = 1_790_002_800_000  # 2026-09-21T15:00:00Z
_PHONE = Source(vendor="v", device="phone", device_type=DeviceType.PHONE)
_WATCH = Source(vendor="v", device="watch", device_type=DeviceType.WATCH)


def _column(source: Source, *counts: tuple[float, float]) -> SampleColumn:
    """Return counts, given as (minutes after the beginning, value)."""
    minutes, values = _halves(counts)
    t = _T0 + np.rint(minutes * MINUTE_MS).astype(np.int64)
    return SampleColumn(metric="steps", source=source, record="", t=t, v=values)


def _halves(pairs: Sequence[tuple[float, float]]) -> tuple[Values, Values]:
    """Return the first and the second of each pair."""
    table = np.array(pairs, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _every_minute(first: int, end: int, value: float) -> list[tuple[float, float]]:
    return [(minute, value) for minute in range(first, end)]


def _spread(*counts: tuple[float, float]) -> list[tuple[float, float]]:
    column = _column(_PHONE, *counts)
    t, v = spread_counts(column.t, column.v)
    return list(zip(((t - _T0) / MINUTE_MS).tolist(), v.tolist(), strict=True))


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ((), []),
        (((0, 90), (1, 80)), [(0, 90), (1, 80)]),
        # until the next one, and the last as long as the one before
        (((0, 30), (3, 60)), [*_every_minute(0, 3, 10), *_every_minute(3, 6, 20)]),
        (((0, 800),), _every_minute(0, 10, 80)),
        # just ten minutes apart, and just more
        (((0, 100), (10, 0)), [*_every_minute(0, 10, 10), *_every_minute(10, 20, 0)]),
        (((0, 100), (12, 0)), [*_every_minute(0, 10, 10), *_every_minute(12, 22, 0)]),
        # never beyond the hour, with which the counts of the next begin
        (((58, 40), (60, 7)), [*_every_minute(58, 60, 20), *_every_minute(60, 70, 0.7)]),
        (((0.5, 12), (1.25, 8)), [(0.5, 12), (1.25, 8)]),
    ],
)  # fmt: skip
def test_a_count_is_spread_over_its_minutes(
    counts: tuple[tuple[float, float], ...], parts: list[tuple[float, float]]
) -> None:
    assert np.array(_spread(*counts)) == pytest.approx(np.array(parts))


def _steps(*columns: SampleColumn) -> int | None:
    window = Window(
        patient="p",
        zone="UTC",
        profiles=(),
        dates=(utc(_T0).date(),),
        workouts=(),
        columns=columns,
        reports=(),
    )
    (day,) = derive(window).days
    return day.steps


def test_a_phone_and_a_watch_do_not_count_the_same_steps() -> None:
    phone = _column(_PHONE, (0, 800))
    watch = _column(_WATCH, *_every_minute(1, 10, 90))
    assert (_steps(phone), _steps(watch)) == (800, 810)
    # nine minutes of the watch and the one that only the phone covers
    assert _steps(phone, watch) == _steps(watch, phone) == 890
    assert _steps(_column(_PHONE, (20, 800)), watch) == 1_610  # at another time they are others


def test_few_steps_of_a_phone_are_spread_as_well() -> None:
    phone = _column(_PHONE, (0, 240))
    watch = _column(_WATCH, *_every_minute(1, 10, 24))
    assert _steps(phone, watch) == 240


_COUNTS = st.lists(
    st.tuples(st.integers(0, 3 * HOUR_MS), st.integers(0, 2_000)),
    max_size=30,
    unique_by=lambda count: count[0],
)


def _instants(counts: list[tuple[int, int]]) -> tuple[Instants, Values]:
    after_ms, values = _halves(sorted(counts))
    return _T0 + after_ms.astype(np.int64), values


@INVARIANT
@given(counts=_COUNTS)
def test_sums_are_exact_and_instants_increase(counts: list[tuple[int, int]]) -> None:
    t, v = _instants(counts)
    spread_t, spread_v = spread_counts(t, v)
    assert bool((np.diff(spread_t) > 0).all())
    for hour in range(_T0 // HOUR_MS, _T0 // HOUR_MS + 4):
        before, after = v[t // HOUR_MS == hour], spread_v[spread_t // HOUR_MS == hour]
        assert float(after.sum()) == pytest.approx(float(before.sum()), abs=1e-6)
    assert len(spread_t) <= len(t) * (LONGEST_MS // MINUTE_MS)


@INVARIANT
@given(counts=_COUNTS, cut=st.integers(1, 2))
def test_the_counts_of_an_hour_depend_on_that_hour_only(
    counts: list[tuple[int, int]], cut: int
) -> None:
    t, v = _instants(counts)
    later = t >= _T0 + cut * HOUR_MS
    before, after = spread_counts(t[~later], v[~later]), spread_counts(t[later], v[later])
    total = spread_counts(t, v)
    for k in (0, 1):
        assert np.array_equal(np.concatenate((before[k], after[k])), total[k])
