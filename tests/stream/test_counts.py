"""Counts hold over minutes: spread evenly, counted once, and their sum is exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS, MINUTE_MS, utc
from model.columns.window import SampleColumn, Window
from model.facts import DeviceType, Source
from stream.compute.derive import derive
from stream.compute.series.counts import LONGEST_MS, spread_counts
from tests.depth import INVARIANT

_T0 = 1_790_002_800_000  # 2026-09-21T15:00:00Z
_PHONE = Source(vendor="v", device="phone", device_type=DeviceType.PHONE)
_WATCH = Source(vendor="v", device="watch", device_type=DeviceType.WATCH)


def _column(source: Source, *counts: tuple[float, float]) -> SampleColumn:
    """Return counts, given as (minutes after the beginning, value)."""
    t = np.array([_T0 + round(minute * MINUTE_MS) for minute, _ in counts], np.int64)
    v = np.array([value for _, value in counts], np.float64)
    return SampleColumn(metric="steps", source=source, record="", t=t, v=v)


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
        (((0, 30), (3, 60)), [(0, 10), (1, 10), (2, 10), (3, 20), (4, 20), (5, 20)]),
        (((0, 800),), [(minute, 80) for minute in range(10)]),
        # just ten minutes apart, and just more
        (((0, 100), (10, 0)), [*((m, 10) for m in range(10)), *((m, 0) for m in range(10, 20))]),
        (((0, 100), (12, 0)), [*((m, 10) for m in range(10)), *((m, 0) for m in range(12, 22))]),
        # never beyond the hour, with which the counts of the next begin
        (((58, 40), (60, 7)), [(58, 20), (59, 20), *((m, 0.7) for m in range(60, 70))]),
        (((0.5, 12), (1.25, 8)), [(0.5, 12), (1.25, 8)]),
    ],
)  # fmt: skip
def test_a_count_is_spread_over_its_minutes(
    counts: tuple[tuple[float, float], ...], parts: list[tuple[float, float]]
) -> None:
    spread = _spread(*counts)
    assert [at for at, _ in spread] == pytest.approx([at for at, _ in parts])
    assert [value for _, value in spread] == pytest.approx([value for _, value in parts])


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
    watch = _column(_WATCH, *((minute, 90.0) for minute in range(1, 10)))
    assert (_steps(phone), _steps(watch)) == (800, 810)
    # nine minutes of the watch and the one that only the phone covers
    assert _steps(phone, watch) == _steps(watch, phone) == 890
    assert _steps(_column(_PHONE, (20, 800)), watch) == 1_610  # at another time they are others


def test_few_steps_of_a_phone_are_spread_as_well() -> None:
    phone = _column(_PHONE, (0, 240))
    watch = _column(_WATCH, *((minute, 24.0) for minute in range(1, 10)))
    assert _steps(phone, watch) == 240


_COUNTS = st.lists(
    st.tuples(st.integers(0, 3 * HOUR_MS), st.integers(0, 2_000)),
    max_size=30,
    unique_by=lambda count: count[0],
)


@INVARIANT
@given(counts=_COUNTS)
def test_sums_are_exact_and_instants_increase(counts: list[tuple[int, int]]) -> None:
    counts.sort()
    t = np.array([_T0 + ms for ms, _ in counts], np.int64)
    v = np.array([float(value) for _, value in counts])
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
    counts.sort()
    t = np.array([_T0 + ms for ms, _ in counts], np.int64)
    v = np.array([float(value) for _, value in counts])
    later = t >= _T0 + cut * HOUR_MS
    parts = [spread_counts(t[chosen], v[chosen]) for chosen in (~later, later)]
    joined = np.concatenate([part[0] for part in parts]), np.concatenate([p[1] for p in parts])
    total = spread_counts(t, v)
    assert np.array_equal(joined[0], total[0])
    assert np.array_equal(joined[1], total[1])
