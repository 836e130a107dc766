"""Time in zones: the oracle of the definition, and a reference that counts every millisecond.

Also what must make no difference.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.intensity import ZONES, ZoneTimes
from stream.compute.intensity.zones import (
    HeldValues,
    distinct_values,
    held_values,
    held_zone_times,
    karvonen,
    time_in_bands,
    time_in_zones,
)
from stream.compute.series.resolved_series import ResolvedSeries
from tests.rows import cells_of

_EDGES = (94.62, 106.24, 127.82, 159.36)  # 57, 64, 77 and 96 % of 166

Sample = tuple[int, float]
_END = 400
GAP = 30

_rates = st.one_of(
    st.floats(20, 240),
    st.sampled_from([0.0, 29.999, 30.0, 230.0, 230.001, float("nan"), float("inf"), *_EDGES]),
)
samples = st.lists(st.tuples(st.integers(-60, _END + 60), _rates), max_size=25)


def count(rows: list[Sample], start: int = 0, end: int = _END, gap: int = GAP) -> ZoneTimes:
    t = np.array(cells_of(rows, 0), dtype=np.int64)
    hr = np.array(cells_of(rows, 1), dtype=np.float64)
    return time_in_zones(t, hr, start, end, _EDGES, gap)


def _reference(rows: list[Sample], start: int, end: int, gap: int) -> tuple[int, ...]:
    """Count time in zones one millisecond at a time.

    The last sample at or before a millisecond decides its class, unless that sample is too old.
    """
    good = [(at, rate) for at, rate in rows if 30 <= rate <= 230 and start <= at < end]
    sums = [0] * len(ZONES)
    for ms in range(start, end):
        before = [(at, n, rate) for n, (at, rate) in enumerate(good) if at <= ms]
        at, _, rate = max(before, default=(ms - gap, 0, 0.0))
        zone = sum(rate >= edge for edge in _EDGES) if ms - at < gap else len(_EDGES) + 1
        sums[zone] += 1
    return tuple(sums)


def test_oracle_of_the_definition() -> None:
    t = np.array([0, 10, 20, 200]) * 1000
    hr = np.array([100.0, 130.0, 130.0, 160.0])
    assert time_in_zones(t, hr, 0, 205_000, _EDGES, 30_000) == ZoneTimes(
        light=10_000, vigorous=40_000, near_max=5_000, unknown=150_000
    )


@pytest.mark.parametrize(
    ("fraction", "rate"), [(0.0, 60.0), (0.40, 84.0), (0.6, 96.0), (0.9, 114.0), (1.0, 120.0)]
)
def test_karvonen_is_exact(fraction: float, rate: float) -> None:
    assert karvonen(60, 120, fraction) == rate


def test_a_whole_edge_stays_whole() -> None:
    for p in range(101):
        assert karvonen(60, 190, p / 100) == 60 + p * 130 / 100


@pytest.mark.parametrize(
    ("rate", "zone"),
    [
        (94.61, "very_light"),
        (94.62, "light"),
        (106.24, "moderate"),
        (127.82, "vigorous"),
        (159.36, "near_max"),
    ],
)
def test_an_edge_belongs_to_the_class_above(rate: float, zone: str) -> None:
    assert count([(0, rate)]) == ZoneTimes(**{zone: GAP, "unknown": _END - GAP})


@pytest.mark.parametrize("rate", [0.0, 29.999, 230.001, float("nan"), float("inf"), float("-inf")])
def test_what_no_heart_beats_is_no_sample(rate: float) -> None:
    assert count([(0, 100.0), (10, rate)]) == ZoneTimes(light=GAP, unknown=_END - GAP)


def test_the_limits_of_what_is_accepted_belong_to_it() -> None:
    assert count([(0, 30.0), (20, 230.0)]) == ZoneTimes(
        very_light=20, near_max=GAP, unknown=_END - GAP - 20
    )


def test_no_samples_and_no_length() -> None:
    assert count([]) == ZoneTimes(unknown=_END)
    assert count([(0, 100.0)], end=0) == ZoneTimes()


def test_of_two_at_one_instant_the_last_counts() -> None:
    assert count([(0, 170.0), (0, 100.0)]) == ZoneTimes(light=GAP, unknown=_END - GAP)


@given(samples)
def test_equals_counting_every_millisecond(rows: list[Sample]) -> None:
    assert count(rows).as_tuple() == _reference(rows, 0, _END, GAP)


@given(samples, st.integers(0, 500), st.integers(1, 200))
def test_zones_and_unknown_add_up(rows: list[Sample], end: int, gap: int) -> None:
    got = count(rows, end=end, gap=gap)
    assert got.total == end
    assert min(got.as_tuple()) >= 0


@given(st.data(), st.dictionaries(st.integers(-60, _END + 60), _rates, max_size=25))
def test_order_and_repetition_do_not_matter(data: st.DataObject, rows: dict[int, float]) -> None:
    twice = data.draw(st.permutations([*rows.items(), *rows.items()]))
    assert count(twice) == count(list(rows.items()))


@given(
    st.dictionaries(st.integers(0, _END - 1), st.floats(30, 230), min_size=1, max_size=25),
    st.data(),
)
def test_a_cut_at_a_sample_adds_up(rows: dict[int, float], data: st.DataObject) -> None:
    cut = data.draw(st.sampled_from(sorted(rows)))
    total = list(rows.items())
    assert count(total, end=cut) + count(total, start=cut) == count(total)


@given(samples, st.integers(0, _END))
def test_a_cut_anywhere_only_forgets_what_was_held_over_it(rows: list[Sample], cut: int) -> None:
    parts, total = count(rows, end=cut) + count(rows, start=cut), count(rows)
    assert parts.total == total.total
    assert 0 <= parts.unknown - total.unknown < GAP


def test_columns_of_a_day_stay_exact() -> None:
    rng = np.random.default_rng(7)
    t = np.cumsum(rng.integers(1, 2_000, 86_400)) + 1_900_000_000_000
    got = time_in_zones(t, rng.uniform(20, 240, 86_400), int(t[0]), int(t[-1]) + 5, _EDGES)
    assert got.total == int(t[-1]) + 5 - int(t[0])


Spot = tuple[float, int]  # value, hold

spots = st.dictionaries(
    st.integers(-60, _END + 60),
    st.tuples(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]), st.integers(1, 90)),
    max_size=25,
)
scales = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.0]), unique=True, max_size=5).map(sorted)


def _track(rows: dict[int, Spot]) -> ResolvedSeries:
    at = sorted(rows)
    return ResolvedSeries(
        metric="speed",
        t=np.array(at, dtype=np.int64),
        v=np.array([rows[ms][0] for ms in at], dtype=np.float64),
        hold=np.array([rows[ms][1] for ms in at], dtype=np.int64),
    )


def by_millisecond(rows: dict[int, Spot], edges: list[float]) -> list[int]:
    sums = [0] * (len(edges) + 1)
    for ms in range(_END):
        at = max((at for at in rows if 0 <= at <= ms), default=None)
        if at is not None and ms - at < rows[at][1]:
            sums[sum(rows[at][0] >= edge for edge in edges)] += 1
    return sums


@given(spots, scales)
def test_any_number_of_classes_each_sample_with_its_own_hold(
    rows: dict[int, Spot], edges: list[float]
) -> None:
    total = held_values(_track(rows), 0, _END)
    assert list(time_in_bands(total, edges)) == by_millisecond(rows, edges)
    assert total.known_ms == sum(by_millisecond(rows, edges))


@given(spots, scales)
def test_folding_keeps_every_millisecond(rows: dict[int, Spot], edges: list[float]) -> None:
    total = held_values(_track(rows), 0, _END)
    once = distinct_values(total)
    assert sorted(set(once.v.tolist())) == once.v.tolist()
    assert set(once.v.tolist()) == set(total.v.tolist())
    assert time_in_bands(once, edges) == time_in_bands(total, edges)


def test_folding_adds_up_what_is_equal() -> None:
    once = distinct_values(HeldValues(v=np.array([3.0, 1.0, 3.0]), ms=np.array([5, 7, 9])))
    assert (once.v.tolist(), once.ms.tolist()) == ([1.0, 3.0], [7, 14])


def test_oracle_of_the_definition_over_a_track() -> None:
    t = np.array([0, 10, 20, 200]) * 1000
    v = np.array([100.0, 130.0, 130.0, 160.0])
    spoken = ResolvedSeries(metric="heart_rate", t=t, v=v, hold=np.full(4, 30_000))
    assert held_zone_times(held_values(spoken, 0, 205_000), 205_000, _EDGES) == ZoneTimes(
        light=10_000, vigorous=40_000, near_max=5_000, unknown=150_000
    )
