"""Stops by speed: exact edges, and no stops where speed does not show them."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.moving import moving_ms, stops_between


def speed(values: list[float], step: int = 1_000) -> ResolvedSeries:
    t = np.arange(len(values), dtype=np.int64) * step
    return ResolvedSeries(
        metric="speed", t=t, v=np.array(values, np.float64), hold=np.full(len(t), 30_000)
    )


def test_ten_seconds_are_a_stop_and_fewer_are_not() -> None:
    walk = [1.5] * 20
    assert stops_between(speed([*walk, *[0.3] * 10, *walk]), 0, 50_000, "foot") == (
        (20_000, 30_000),
    )
    assert stops_between(speed([*walk, *[0.3] * 9, *walk, 1.5]), 0, 50_000, "foot") == ()
    assert stops_between(speed([*walk, *[0.31] * 10, *walk]), 0, 50_000, "foot") == ()


def test_what_no_sample_holds_is_a_stop() -> None:
    before, after = speed([1.5] * 100), speed([1.5] * 100)
    t = np.concatenate([before.t, after.t + 160_000])
    both = ResolvedSeries(metric="speed", t=t, v=np.full(200, 1.5), hold=np.full(200, 30_000))
    stops = stops_between(both, 0, 260_000, "wheel")
    assert stops == ((129_000, 160_000),)
    assert moving_ms(260_000, stops) == 229_000


@pytest.mark.parametrize("family", ["gym", "calm", "play", "other"])
def test_speed_tells_nothing_of_other_families(family: str) -> None:
    assert stops_between(speed([0.0] * 100), 0, 100_000, family) is None


def test_too_little_speed_tells_nothing() -> None:
    assert stops_between(speed([1.5] * 21), 0, 100_000, "foot") == ((50_000, 100_000),)
    assert stops_between(speed([1.5] * 20), 0, 100_000, "foot") is None
    assert stops_between(None, 0, 100_000, "foot") is None


@given(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=1, max_size=200))
def test_stops_are_ordered_within_the_session_and_apart(values: list[float]) -> None:
    end = len(values) * 1_000
    stops = stops_between(speed(values), 0, end, "foot")
    assert stops is not None
    flat = list(chain.from_iterable(stops))
    assert flat == sorted(flat)
    for a, b in stops:
        assert b - a >= 10_000
    assert 0 <= moving_ms(end, stops) <= end
