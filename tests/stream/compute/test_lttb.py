"""Largest triangle three buckets, against the definition written out sample by sample."""

from itertools import pairwise, starmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.facts import Instants, Values
from stream.compute.series.lttb import lttb


def naive(t: list[float], v: list[float], points: int) -> list[int]:
    """Return the chosen indices by the definition: for each run the sample of the largest triangle.

    Of equal triangles the first is chosen.
    """
    n = len(t)
    if n <= points:
        return list(range(n))
    edges = [1 + k * (n - 2) // max(points - 2, 1) for k in range(points - 1)]
    runs = list(starmap(range, pairwise(edges)))
    after = [*runs, [n - 1]][1:]
    chosen = [0]
    for run, following in zip(runs, after, strict=True):
        mean_t = sum(t[k] for k in following) / len(following)
        mean_v = sum(v[k] for k in following) / len(following)
        a = chosen[-1]
        areas = [
            abs((t[a] - mean_t) * (v[k] - v[a]) - (t[a] - t[k]) * (mean_v - v[a])) for k in run
        ]
        chosen.append(run[areas.index(max(areas))])
    return [*chosen, n - 1]


@st.composite
def curves(draw: st.DrawFn) -> tuple[Instants, Values]:
    steps = draw(st.lists(st.integers(1, 600), min_size=1, max_size=120))
    v = draw(st.lists(st.integers(30, 230), min_size=len(steps), max_size=len(steps)))
    return 1_790_000_000_000 + np.cumsum(steps) * 1000, np.array(v, np.float64)


@given(curve=curves(), points=st.integers(2, 60))
def test_equals_the_definition(curve: tuple[Instants, Values], points: int) -> None:
    t, v = curve
    kept = lttb(t, v, points)
    assert kept.tolist() == naive((t - t[0]).astype(float).tolist(), v.tolist(), points)


@given(curve=curves(), points=st.integers(2, 60))
def test_is_some_of_the_samples_with_the_first_and_the_last(
    curve: tuple[Instants, Values], points: int
) -> None:
    t, v = curve
    kept = lttb(t, v, points)
    assert len(kept) == min(points, len(t))
    assert (int(kept[0]), int(kept[-1])) == (0, len(t) - 1)
    assert bool(np.all(np.diff(kept) > 0))


def test_a_lone_peak_is_kept() -> None:
    v = np.zeros(1000)
    v[437] = 200.0
    assert 437 in lttb(np.arange(1000) * 1000, v, 20)


def test_one_point_is_no_line() -> None:
    with pytest.raises(ValueError, match="two points"):
        lttb(np.arange(3), np.zeros(3), 1)
