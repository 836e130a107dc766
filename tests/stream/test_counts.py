"""Counts hold over minutes: spread evenly, counted once, and their sum is exact."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS, MINUTE_MS, utc
from model.columns.window import SampleColumn, Window
from model.fact_properties import BESIDE_MS
from model.facts import DeviceType, Instants, Source, Values
from stream.compute.derive import derive
from stream.compute.series.counts import spread_counts
from stream.compute.series.reported_columns import reported_series
from tests.depth import INVARIANT
from tests.stream.counted import counted_by_minute

_T0 = 1_790_002_800_000  # 2026-09-21T15:00:00Z
_PHONE = Source(vendor="v", device="phone", device_type=DeviceType.PHONE)
_WATCH = Source(vendor="v", device="watch", device_type=DeviceType.WATCH)


def _column(
    source: Source, *counts: tuple[float, float], until: float | None = None
) -> SampleColumn:
    """Return counts, given as (minutes after the beginning, value); `until` is minutes likewise."""
    minutes, values = _halves(counts)
    t = _at(minutes)
    column = SampleColumn(metric="steps", source=source, record="", t=t, v=values)
    return column if until is None else replace(column, until=np.full(len(t), _at(until)))


def _at(minutes: float | Values) -> Instants:
    after: Instants = np.rint(np.asarray(minutes) * MINUTE_MS).astype(np.int64)
    return _T0 + after


def _halves(pairs: Sequence[tuple[float, float]]) -> tuple[Values, Values]:
    """Return the first and the second of each pair."""
    table = np.array(pairs, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _every_minute(first: int, end: int, value: float) -> list[tuple[float, float]]:
    return [(minute, value) for minute in range(first, end)]


def _spread(*columns: SampleColumn) -> list[tuple[float, float]]:
    """Return the parts as (minutes after the beginning, value)."""
    spread = spread_counts(columns)
    return list(zip(((spread.t - _T0) / MINUTE_MS).tolist(), spread.v.tolist(), strict=True))


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
        # over the hour as at any other time
        (((58, 40), (62, 7)), [*_every_minute(58, 62, 10), *_every_minute(62, 66, 1.75)]),
        (((55, 800),), _every_minute(55, 65, 80)),
        (((0.5, 12), (1.25, 8)), [(0.5, 12), (1.25, 8)]),
    ],
)  # fmt: skip
def test_a_count_is_spread_over_its_minutes(
    counts: tuple[tuple[float, float], ...], parts: list[tuple[float, float]]
) -> None:
    assert np.array(_spread(_column(_PHONE, *counts))) == pytest.approx(np.array(parts))


def _stated(*counts: tuple[float, float, float, int], record: str = "") -> SampleColumn:
    """Return counts that state their end, as (first minute, end, value, rank)."""
    table = np.array(counts, np.float64)
    return SampleColumn(
        metric="steps",
        source=_PHONE,
        record=record,
        t=_at(table[:, 0]),
        v=table[:, 2],
        until=_at(table[:, 1]),
        ranks=table[:, 3].astype(np.int64),
    )


_EIGHT = (0, 10, 800, 1)


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ([_EIGHT], _every_minute(0, 10, 80)),
        # sent again with other edges: the time of both belongs to the greater version
        ([_EIGHT, (5, 15, 700, 2)], [*_every_minute(0, 5, 80), *_every_minute(5, 15, 70)]),
        ([(0, 9, 720, 2), (5, 15, 700, 1)], [*_every_minute(0, 9, 80), *_every_minute(9, 15, 70)]),
        # of equal versions the shorter, of equally long ones the later
        ([_EIGHT, (5, 15, 700, 1)], [*_every_minute(0, 5, 80), *_every_minute(5, 15, 70)]),
        ([_EIGHT, (2, 4, 10, 1)], [(0, 80), (1, 80), (2, 5), (3, 5), *_every_minute(4, 10, 80)]),
        ([_EIGHT, (2, 4, 10, 0)], _every_minute(0, 10, 80)),
        ([(0, 4, 4, 1), (1, 5, 8, 1), (2, 3, 9, 1)], [(0, 1), (1, 2), (2, 9), (3, 2), (4, 2)]),
        # by the milliseconds of each minute of the clock
        ([(0.5, 2.5, 120, 1)], [(0.5, 30), (1, 60), (2, 30)]),
        ([(0.25, 0.5, 7, 1)], [(0.25, 7)]),
        ([_EIGHT, (9.5, 10, 1, 2)], [*_every_minute(0, 9, 80), (9, 40), (9.5, 1)]),
        # a count without an end holds until the next one, whoever states an end
        ([(0, 0, 40, 1), (4, 6, 2, 1)], [*_every_minute(0, 4, 10), (4, 1), (5, 1)]),
        ([(0, 0, 40, 2), (4, 6, 2, 1)], [*_every_minute(0, 4, 10), (4, 1), (5, 1)]),
        ([(0, 10, 40, 2), (4, 4, 2, 1)], _every_minute(0, 10, 4)),
    ],
)  # fmt: skip
def test_a_count_with_a_stated_end_is_spread_over_its_interval(
    counts: list[tuple[float, float, float, int]], parts: list[tuple[float, float]]
) -> None:
    assert _spread(_stated(*counts)) == parts


def test_counts_of_records_add_up_where_they_overlap() -> None:
    walking, sitting = _stated((0, 15, 1_500, 1), record="a"), _stated((0, 15, 150, 9), record="b")
    assert _spread(walking, sitting) == _spread(sitting, walking) == _every_minute(0, 15, 110)
    later = _stated((15.5, 16, 5, 1), record="b")
    assert _spread(walking, later) == [*_every_minute(0, 15, 100), (15.5, 5)]
    # the same sample is read twice where the spans that were read lie close together
    assert _spread(walking, walking) == _every_minute(0, 15, 100)


def test_a_day_total_is_spread_over_the_25_hours_of_its_date() -> None:
    spread = spread_counts([_stated((0, 1_500, 9_000, 1))])
    assert (spread.v.tolist(), set(spread.cover.tolist())) == ([6.0] * 1_500, {MINUTE_MS})
    assert set(spread.length.tolist()) == {25 * HOUR_MS}


def test_wear_is_told_and_not_spread() -> None:
    slept = replace(_stated((0, 480, 1, 1)), metric="wear")
    assert spread_counts([slept]).v.tolist() == [1.0] * 480


def test_distance_is_a_count_only_where_an_end_is_stated() -> None:
    running = replace(_column(_PHONE, (0, 10), (1, 20), (2, 30)), metric="distance")
    (series,) = reported_series([running])["distance"]
    assert (series.v.tolist(), series.cover) == ([10.0, 20.0, 30.0], None)
    (series,) = reported_series([replace(_stated(_EIGHT), metric="distance")])["distance"]
    assert series.v.tolist() == [80.0] * 10


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


def test_ten_minutes_over_the_hour_are_not_counted_beside_the_watch() -> None:
    watch = _column(_WATCH, *_every_minute(55, 65, 90))
    assert _steps(_column(_PHONE, (55, 800)), watch) == 900
    nine = _column(_WATCH, *_every_minute(56, 65, 90))
    assert _steps(_column(_PHONE, (55, 800)), nine) == 890
    assert _steps(_column(_PHONE, (55, 800), until=65), nine) == 890


def test_the_source_of_a_minute_covers_half_of_it() -> None:
    watch = _column(_WATCH, (0, 30), until=0.4)  # 24 s
    assert _steps(watch) == 30
    assert _steps(watch, _column(_PHONE, (0, 800), until=10)) == 800
    watch = _column(_WATCH, (0, 30), until=0.5)
    assert _steps(watch, _column(_PHONE, (0, 800), until=10)) == 750


@pytest.mark.parametrize(("first", "steps"), [(0, 300), (-5, 150), (-10, 0), (535, 150), (540, 0)])
def test_a_count_over_midnight_belongs_to_both_dates(first: int, steps: int) -> None:
    stated = _stated((first, first + 10, 300, 1))
    assert (_steps(replace(stated, t=stated.t - 15 * HOUR_MS, until=_back(stated))) or 0) == (
        steps if first <= 0 else 300
    )
    assert (_steps(stated) or 0) == (300 if first <= 0 else steps)


def _back(column: SampleColumn) -> Instants:
    assert column.until is not None
    return column.until - 15 * HOUR_MS


def test_few_steps_of_a_phone_are_spread_as_well() -> None:
    phone = _column(_PHONE, (0, 240))
    watch = _column(_WATCH, *_every_minute(1, 10, 24))
    assert _steps(phone, watch) == 240


_COUNTS = st.lists(
    st.tuples(
        st.integers(0, 3 * HOUR_MS),
        st.sampled_from([0, 0, 1, 30_000, 600_000, 600_001, 3_600_000]),
        st.integers(0, 2_000),
        st.integers(0, 2),
        st.sampled_from(["", "", "a", "b"]),
    ),
    max_size=30,
    unique_by=lambda count: (count[0], count[-1]),
)
_Drawn: TypeAlias = tuple[int, int, int, int, str]  # start, length in ms, value, rank, record


def _columns(counts: list[_Drawn]) -> list[SampleColumn]:
    columns: list[SampleColumn] = []
    for record in sorted({count[-1] for count in counts}):
        own = sorted(count[:-1] for count in counts if count[-1] == record)
        start, length, value, rank = np.array(own, np.int64).T
        column = SampleColumn(
            metric="steps",
            source=_PHONE,
            record=record,
            t=_T0 + start,
            v=value.astype(np.float64),
            until=_T0 + start + length,
            ranks=rank,
        )
        columns.append(column)
    return columns


@INVARIANT
@given(counts=_COUNTS)
def test_each_minute_has_what_a_plain_reading_of_the_definition_gives(counts: list[_Drawn]) -> None:
    columns = _columns(counts)
    wanted = counted_by_minute(columns)
    if not columns:
        assert wanted == {}
        return
    spread = spread_counts(columns)
    assert bool((np.diff(spread.t) > 0).all())
    assert bool(((spread.t % MINUTE_MS + spread.cover) <= 2 * MINUTE_MS).all())
    sums: dict[tuple[Source, int], float] = dict.fromkeys(wanted, 0.0)
    for at, value in zip(spread.t.tolist(), spread.v.tolist(), strict=True):
        sums[_PHONE, at // MINUTE_MS] += value
    assert sums == pytest.approx(wanted, abs=1e-9)


@INVARIANT
@given(counts=_COUNTS)
def test_what_no_other_interval_meets_adds_up_exactly(counts: list[_Drawn]) -> None:
    apart: list[_Drawn] = []
    for number, (_, length, value, rank, record) in enumerate(counts):
        apart.append((number * 4 * HOUR_MS, length, value, rank, record))
    total = float(spread_counts(_columns(apart)).v.sum()) if apart else 0.0
    assert total == pytest.approx(sum(count[2] for count in counts), abs=1e-6)


@INVARIANT
@given(counts=_COUNTS, hour=st.integers(0, 3))
def test_an_hour_depends_on_what_holds_into_it_and_lies_beside_it(
    counts: list[_Drawn], hour: int
) -> None:
    start, end = _T0 + hour * HOUR_MS, _T0 + (hour + 1) * HOUR_MS
    columns = _columns(counts)
    near: list[SampleColumn] = []
    for column in columns:
        assert column.until is not None
        kept = (column.t >= start - BESIDE_MS) | (column.until > start)
        near.append(column.where(kept & (column.t < end + BESIDE_MS)))
    assert _within(near, start, end) == _within(columns, start, end)


def _within(columns: list[SampleColumn], start: int, end: int) -> list[tuple[float, ...]]:
    if not columns:
        return []
    spread = spread_counts(columns)
    inside = (spread.t >= start) & (spread.t < end)
    fields = (spread.t, spread.v, spread.cover, spread.length)
    return list(zip(*(field[inside].tolist() for field in fields), strict=True))
