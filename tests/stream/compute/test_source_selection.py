"""Source selection for each minute: by coverage, by rank, by samples, by name.

Each minute has one source, and the selection is returned as ranges.
"""

import random
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.columns.window import SampleColumn
from model.facts import DeviceType, Method, Source
from stream.compute.series.reported_columns import reported_series
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.source_selection import resolve, source_selections
from tests.depth import INVARIANT
from tests.rows import values_of

_MIN = 60_000
_DAY = date(1970, 1, 1)
_STRAP = Source(vendor="a", device_type=DeviceType.STRAP, method=Method.WORKOUT)
_WATCH = Source(vendor="a", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_BACK = Source(vendor="a", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_OTHER = Source(vendor="b", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_PHONE = Source(vendor="a", device_type=DeviceType.PHONE)
_ALL = (_STRAP, _WATCH, _BACK, _OTHER, _PHONE)


def _column(
    source: Source, minutes: list[int], each: int = 1, metric: str = "heart_rate", value: float = 90
) -> SampleColumn:
    """`each` samples in every minute, evenly apart."""
    starts = np.array(minutes, np.int64) * _MIN
    t = np.add.outer(starts, np.arange(each) * _MIN // each).ravel()
    return SampleColumn(metric=metric, source=source, record="r", t=t, v=np.full(len(t), value))


def _at_seconds(source: Source, seconds: list[float]) -> SampleColumn:
    t = (np.array(seconds) * 1_000).astype(np.int64)
    return SampleColumn(
        metric="heart_rate", source=source, record="r", t=t, v=np.full(len(t), 90.0)
    )


def spoken(*columns: SampleColumn, metric: str = "heart_rate") -> ResolvedMetric:
    return resolve(metric, reported_series(columns)[metric])


def _selected(resolved: ResolvedMetric) -> list[tuple[str, str, int, int, str]]:
    return [
        (c.source.vendor, c.source.device_type.value, c.start_ms // _MIN, c.end_ms // _MIN, c.why)
        for c in source_selections(resolved, 0, 1_000 * _MIN, _DAY)
    ]


def test_the_best_ranked_speaks_where_it_has_a_sample_and_the_next_where_it_has_none() -> None:
    resolved = spoken(
        _column(_BACK, list(range(10)), value=70), _column(_STRAP, [3, 4, 5], value=120)
    )
    assert resolved.series.v.tolist() == [70, 70, 70, 120, 120, 120, 70, 70, 70, 70]
    assert _selected(resolved) == [
        ("a", "watch", 0, 3, "only"),
        ("a", "strap", 3, 6, "rank"),
        ("a", "watch", 6, 10, "only"),
    ]


def test_of_equal_ranks_the_one_with_clearly_more_samples_then_the_first_by_name() -> None:
    equal = spoken(_column(_OTHER, [0, 1], 30), _column(_BACK, [0, 1], 29))
    assert _selected(equal) == [("a", "watch", 0, 2, "name")]
    more = spoken(_column(_OTHER, [0, 1], 60), _column(_BACK, [0, 1], 29))
    assert _selected(more) == [("b", "watch", 0, 2, "samples")]


@pytest.mark.parametrize(
    ("strap", "selected"),
    [
        ([0], ("strap", "rank")),  # a stream's sample holds 30 s, half of the minute
        ([30], ("strap", "rank")),
        ([30.001], ("watch", "coverage")),
        ([0, 1, 2], ("strap", "rank")),
        ([50, 51, 52, 53, 54, 55, 56, 57, 58, 59], ("watch", "coverage")),
        ([29, 59], ("strap", "rank")),
        ([31, 59], ("watch", "coverage")),
    ],
)
def test_the_best_ranked_of_those_that_cover_half_of_the_minute(
    strap: list[float], selected: tuple[str, str]
) -> None:
    resolved = spoken(_at_seconds(_STRAP, strap), _column(_BACK, [0]))
    ((_, device, _, _, why),) = _selected(resolved)
    assert (device, why) == selected


@pytest.mark.parametrize(
    ("strap", "watch", "selected"),
    [
        ([50], [40], ("watch", "coverage")),
        ([40], [50], ("strap", "coverage")),
        ([40], [40], ("strap", "rank")),
        ([40, 41], [40], ("strap", "rank")),  # both cover 20 s, so the rank decides
    ],
)
def test_where_none_covers_half_of_a_minute_the_best_covered(
    strap: list[float], watch: list[float], selected: tuple[str, str]
) -> None:
    resolved = spoken(_at_seconds(_STRAP, strap), _at_seconds(_WATCH, watch))
    ((_, device, _, _, why),) = _selected(resolved)
    assert (device, why) == selected


@pytest.mark.parametrize("second", [0, 29.999, 59.999])
def test_a_source_of_a_sample_a_minute_covers_its_minutes(second: float) -> None:
    resolved = spoken(_at_seconds(_BACK, [second]), _column(_PHONE, [0], 60))
    assert [(row[1], row[4]) for row in _selected(resolved)] == [("watch", "rank")]


def test_a_range_goes_on_over_minutes_in_which_nobody_speaks() -> None:
    assert _selected(spoken(_column(_BACK, [0, 5, 10, 200]))) == [("a", "watch", 0, 201, "only")]


def test_each_sample_holds_as_long_as_its_source_allows() -> None:
    resolved = spoken(_column(_BACK, [0, 2]), _column(_STRAP, [1]))
    assert resolved.series.hold.tolist() == [90_000, 30_000, 60_000]


def test_a_source_without_an_accepted_sample_does_not_speak() -> None:
    resolved = spoken(_column(_BACK, [0, 1]), _column(_STRAP, [0, 1], value=20))
    assert _selected(resolved) == [("a", "watch", 0, 2, "only")]


def test_choices_are_cut_at_the_edges_asked_for() -> None:
    resolved = spoken(_column(_BACK, list(range(10))))
    cut = source_selections(resolved, 3 * _MIN, 6 * _MIN, _DAY)
    assert [(c.start_ms // _MIN, c.end_ms // _MIN) for c in cut] == [(3, 6)]
    assert source_selections(resolved, 50 * _MIN, 60 * _MIN, _DAY) == ()


def test_the_source_of_most_samples_is_the_main_one() -> None:
    resolved = spoken(_column(_BACK, list(range(10))), _column(_STRAP, [3, 4], 60))
    assert resolved.main_source(0, 10 * _MIN) == _STRAP
    assert resolved.main_source(5 * _MIN, 10 * _MIN) == _BACK
    assert resolved.main_source(20 * _MIN, 30 * _MIN) is None


def test_every_metric_is_resolved_by_itself() -> None:
    both = reported_series(
        [_column(_STRAP, [0, 1]), _column(_PHONE, [0, 1], metric="steps", value=50)]
    )
    assert _selected(resolve("steps", both["steps"])) == [("a", "phone", 0, 2, "only")]
    assert resolve("steps", both["steps"]).series.v.sum() == 100


_columns = st.builds(
    lambda source, minutes, each: _column(source, sorted(minutes), each),
    st.sampled_from(_ALL),
    st.sets(st.integers(0, 30)),
    st.integers(1, 5),
)


@INVARIANT
@given(st.lists(_columns, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_no_minute_is_spoken_for_by_two_sources_and_none_is_lost(
    some: list[SampleColumn], chance: random.Random
) -> None:
    resolved = spoken(*some)
    by_minute: dict[int, set[int]] = {}
    for at, owner in zip(resolved.series.t.tolist(), resolved.source_index.tolist(), strict=True):
        by_minute.setdefault(at // _MIN, set()).add(owner)
    for owners in by_minute.values():
        assert len(owners) == 1
    assert (
        sorted(by_minute)
        == resolved.minutes.tolist()
        == np.unique(np.concatenate(values_of(some, "t")) // _MIN).tolist()
    )
    mixed = list(some)
    chance.shuffle(mixed)
    again = spoken(*mixed)
    assert (again.series.t.tobytes(), again.source_index.tobytes()) == (
        resolved.series.t.tobytes(),
        resolved.source_index.tobytes(),
    )
    ranges = source_selections(resolved, 0, 100 * _MIN, _DAY)
    for a, b in pairwise(ranges):
        assert a.end_ms <= b.start_ms
        assert a.source != b.source


_SPACINGS = st.lists(st.sampled_from((5, 30, 44, 45, 60, 90, 91, 400)), min_size=1, max_size=12)


@given(_SPACINGS, st.integers(0, 1_200), st.integers(0, 1_200), st.sampled_from((_WATCH, _BACK)))
def test_a_part_holds_as_if_there_were_nothing_else(
    spacings: list[int], start_s: int, length_s: int, source: Source
) -> None:
    seconds = np.cumsum([0, *spacings]).tolist()
    part = [at for at in seconds if start_s <= at < start_s + length_s]
    before = [at for at in seconds if at < start_s + length_s]
    loaded = spoken(_at_seconds(source, seconds))
    ends_ms = start_s * 1_000, (start_s + length_s) * 1_000
    for cut, alone in (
        (loaded.since(ends_ms[0]).before(ends_ms[1]), part),
        (loaded.before(ends_ms[1]), before),
    ):
        held = spoken(_at_seconds(source, alone)).series.hold.tolist() if alone else []
        assert (cut.series.t // 1_000).tolist() == alone
        assert cut.series.hold.tolist() == held
