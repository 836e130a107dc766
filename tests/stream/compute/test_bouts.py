"""Bouts on the minute grid, and the vectors that GGIR publishes at every epoch.

Also what must make no difference.
"""

from itertools import chain, pairwise, starmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream.compute.detection.bouts import bouts, published_bouts
from tests.depth import INVARIANT

_minutes = st.sets(st.integers(0, 120), max_size=60)


def _bouts_of(*active: int) -> tuple[tuple[int, int], ...]:
    return bouts(np.array(sorted(active), dtype=np.int64))


def _reference(active: set[int]) -> tuple[tuple[int, int], ...]:
    """One minute after the other: begin at three of five, end at five still ones, trim."""
    got, first, last = [], None, None
    for now in range(-5, max(active, default=0) + 12):
        five = [n for n in range(now - 4, now + 1) if n in active]
        if first is None and len(five) >= 3:
            first = five[-3] if now in active else None
        if first is not None and now in active:
            last = now
        if first is not None and last is not None and not five:
            got.append((first, last + 1))
            first = last = None
    return tuple(got)


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        ((), ()),
        ((10, 11), ()),
        ((10, 11, 12), ((10, 13),)),
        ((10, 12, 14), ((10, 15),)),
        ((10, 12, 15), ()),  # three of six
        ((10, 14, 18, 20, 21), ((18, 22),)),  # what is thin before the start is not of it
        ((10, 11, 12, 17), ((10, 18),)),  # four still minutes
        ((10, 11, 12, 18), ((10, 13),)),  # five still minutes end it
        ((10, 11, 12, 18, 19, 20), ((10, 13), (18, 21))),
        ((10, 11, 12, 16, 20, 24), ((10, 25),)),  # thin, but never five still
    ],
)
def test_bouts_exactly(active: tuple[int, ...], expected: tuple[tuple[int, int], ...]) -> None:
    assert _bouts_of(*active) == expected


@given(_minutes)
def test_equals_one_minute_after_the_other(active: set[int]) -> None:
    assert _bouts_of(*active) == _reference(active)


@INVARIANT
@given(_minutes, _minutes, st.integers(6, 20))
def test_pieces_decide_for_themselves(some: set[int], other: set[int], still: int) -> None:
    behind = max(some, default=0) + still - min(other, default=0)
    moved = {n + behind for n in other}
    assert _bouts_of(*some, *moved) == _bouts_of(*some) + _bouts_of(*moved)


@given(_minutes)
def test_bouts_begin_and_end_active_and_lie_apart(active: set[int]) -> None:
    got = _bouts_of(*active)
    assert all(first in active and end - 1 in active and end - first >= 3 for first, end in got)
    assert all(after - end >= 5 for (_, end), (after, _) in pairwise(got))


_VECTORS = [
    # runs of minutes off and on, in turn; minutes; criterion; the bout expected
    ((15, 6, 1, 10, 20), 10, 1.0, (22, 32)),
    ((0, 4, 3, 6, 3, 10, 1, 9), 10, 1.0, (16, 26)),
    ((20, 9, 20), 9, 1.0, (20, 29)),
    ((15, 6, 1, 10, 20), 10, 0.9, (15, 32)),
    ((15, 6, 1, 3, 1, 4, 20), 10, 0.9, (15, 25)),
]


def epochs(runs: tuple[int, ...], epoch_s: int) -> NDArray[np.bool_]:
    return np.repeat(
        np.arange(len(runs)) % 2 == 1, np.array(runs, dtype=np.int64) * (60 // epoch_s)
    )


@pytest.mark.parametrize("epoch_s", [5, 15, 30, 60])
@pytest.mark.parametrize(("runs", "length", "criterion", "expected"), _VECTORS)
def test_published_vectors(
    runs: tuple[int, ...], length: int, criterion: float, expected: tuple[int, int], epoch_s: int
) -> None:
    a_minute = 60 // epoch_s
    got = published_bouts(epochs(runs, epoch_s), epoch_s, length, criterion)
    assert got == ((expected[0] * a_minute, expected[1] * a_minute),)


@pytest.mark.parametrize("epoch_s", [5, 15, 30, 60])
def test_published_vector_of_one_epoch(epoch_s: int) -> None:
    n = 10 * 60 // epoch_s
    assert published_bouts(np.arange(2 * n + 1) == n, epoch_s, epoch_s / 60, 0.9) == ((n, n + 1),)


def test_a_break_longer_than_a_minute_parts() -> None:
    assert published_bouts(epochs((5, 10, 1, 10, 5), 60), 60, 10, 0.8) == ((5, 26),)
    assert published_bouts(epochs((5, 10, 2, 10, 5), 60), 60, 10, 0.8) == ((5, 15), (17, 27))
    assert published_bouts(epochs((5, 10, 2, 10, 5), 60), 60, 10, 0.8, max_break_s=120) == (
        (5, 27),
    )


def test_nothing_published() -> None:
    assert published_bouts(np.zeros(0, np.bool_), 60, 10, 0.8) == ()
    assert published_bouts(np.ones(9, np.bool_), 60, 10, 0.8) == ()
    assert published_bouts(np.ones(10, np.bool_), 60, 10, 1.0) == ((0, 10),)
    with pytest.raises(ValueError, match="90 s is not a whole number of epochs of 60 s"):
        published_bouts(np.ones(10, np.bool_), 60, 1.5, 1.0)


@given(
    st.lists(st.integers(0, 12), max_size=9),
    st.sampled_from([1, 5, 10]),
    st.sampled_from([0.8, 0.9, 1.0]),
)
def test_bouts_of_whole_minutes_hold_at_every_epoch(
    runs: list[int], length: int, criterion: float
) -> None:
    """Every bout in whole minutes is contained in a bout at each finer epoch.

    Finer epochs also see windows that begin within a minute.
    """
    total = published_bouts(epochs(tuple(runs), 60), 60, length, criterion)
    for epoch_s in (5, 15, 30):
        finer = published_bouts(epochs(tuple(runs), epoch_s), epoch_s, length, criterion)
        n = 60 // epoch_s
        for first, end in total:
            assert any(a <= first * n and end * n <= b for a, b in finer)


@given(
    st.lists(st.booleans(), max_size=60),
    st.sampled_from([1, 3, 5]),
    st.sampled_from([0.6, 0.8, 1.0]),
)
def test_equals_trying_every_published_window(
    active: list[bool], width: int, criterion: float
) -> None:
    covered: set[int] = set()
    for first in range(len(active) - width + 1):
        window = active[first : first + width]
        broken = any(not a and not b for a, b in pairwise(window))
        if (
            window[0]
            and window[-1]
            and 10 * sum(window) >= round(10 * criterion) * width
            and not broken
        ):
            covered |= set(range(first, first + width))
    got = published_bouts(np.array(active, dtype=np.bool_), 60, width, criterion)
    assert set(chain.from_iterable(starmap(range, got))) == covered
    assert all(end < after for (_, end), (after, _) in pairwise(got))
