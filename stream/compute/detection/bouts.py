"""Finds bouts of activity in minutes or epochs that are active or not.

There are two rules (clinical definition section 3.3), which differ on purpose:

- `bouts` is our own rule on minutes, and detects sessions that nobody declared. Once a bout runs,
  no share of active minutes is required. It ends after five inactive minutes, so that a walk with
  stops stays a single session.
- `published_bouts` is the rule used with wrist accelerometers, as GGIR publishes it. It requires a
  length, a share of active epochs and short breaks. It serves to compare figures with the
  literature; nothing is derived by it.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants

MinuteRange: TypeAlias = tuple[int, int]  # [first, end) in epoch minutes
Ranges: TypeAlias = tuple[tuple[int, int], ...]

# Our defaults: a bout begins with 3 active minutes of 5, and ends after 5 inactive minutes.
START_WITHIN_MIN = 5
START_ACTIVE = 3
END_INACTIVE = 5

_ROUNDING = 1e-9  # a share that is met exactly on paper may miss by a rounding error


def bouts(active: Instants) -> Ranges:
    """Return the bouts, each [first, end) in epoch minutes, in order of time.

    `active` int64[n] are the active epoch minutes, increasing. Five inactive minutes in a row
    separate parts. In each part, a bout begins with the first of three active minutes within five,
    and ends behind the last active minute of the part. A part without three such minutes has no
    bout. Parts do not affect each other, so any window that holds a part and the five minutes
    around it gives the same bout.
    """
    if len(active) < START_ACTIVE:
        return ()
    # A bout may start where the second active minute after it is less than five minutes later.
    third_after = active[START_ACTIVE - 1 :] - active[: 1 - START_ACTIVE]
    may_start = np.flatnonzero(third_after < START_WITHIN_MIN)
    last_of_part = np.flatnonzero(np.append(np.diff(active) > END_INACTIVE, True))
    part_of_start = np.searchsorted(last_of_part, may_start)
    part, first = np.unique(part_of_start, return_index=True)
    begins = active[may_start[first]]
    ends = active[last_of_part[part]] + 1
    return tuple(zip(begins.tolist(), ends.tolist(), strict=True))


def long_bouts(active: Instants, shortest: int) -> Ranges:
    """Return the bouts of at least so many minutes; `active` is as in `bouts`."""
    return tuple(bout for bout in bouts(active) if bout[1] - bout[0] >= shortest)


def part_over(active: Instants, at: int) -> Instants:
    """Return the active minutes of the part that reaches over the beginning of a minute.

    `active` is as in `bouts`, `at` an epoch minute. There are none without a part on both sides.
    """
    later = int(np.searchsorted(active, at))
    if later in (0, len(active)) or active[later] - active[later - 1] > END_INACTIVE:
        return active[:0]
    # Each part begins at a position in `begins`, and none of them does at `later`.
    begins = np.flatnonzero(np.diff(active, prepend=active[0] - END_INACTIVE - 1) > END_INACTIVE)
    following = int(np.searchsorted(begins, later))
    last = begins[following] if following < len(begins) else len(active)
    return active[begins[following - 1] : last]


def cut_at_walks(
    bout: MinuteRange, active: Instants, walks: Iterable[MinuteRange]
) -> Iterator[MinuteRange]:
    """Yield the walks within a bout, and the bouts of the active minutes between them."""
    reached, last = bout
    for first, end in walks:
        # A walk consists of active minutes, so it never reaches over the edge of a bout.
        if reached <= first and end <= last:
            yield from bouts(minutes_within(active, reached, first))
            yield first, end
            reached = end
    yield from bouts(minutes_within(active, reached, last))


def minutes_within(minutes: Instants, first: int, end: int) -> Instants:
    """Return those of increasing epoch minutes that lie in [first, end)."""
    low, high = np.searchsorted(minutes, (first, end))
    return minutes[low:high]


def published_bouts(
    active: NDArray[np.bool_], epoch_s: int, minutes: float, criterion: float, max_break_s: int = 60
) -> Ranges:
    """Return the bouts by the published rule, each [first, end) as positions in `active`.

    `active` bool[n] has a value for each epoch of `epoch_s` seconds. A window of `minutes` fits
    when it begins and ends active, is active for at least the share `criterion`, and has no break
    of more than `max_break_s` seconds. Overlapping windows that fit form a bout together. Raises
    ValueError when `minutes` or the break is not an integer number of epochs.
    """
    width, longest_break = _epochs(60 * minutes, epoch_s), _epochs(max_break_s, epoch_s)
    if len(active) < width or width == 0:
        return ()
    fits = _sums(active, width) >= criterion * width - _ROUNDING
    fits &= active[: len(fits)] & active[width - 1 :] & _unbroken(active, width, longest_break)
    # Each fitting window adds 1 where it begins and subtracts 1 where it ends, so the running sum
    # is positive exactly where a window covers.
    steps = np.zeros(len(active) + 1, np.int64)
    np.add.at(steps, np.flatnonzero(fits), 1)
    np.add.at(steps, np.flatnonzero(fits) + width, -1)
    edges = np.flatnonzero(np.diff(np.cumsum(steps) > 0, prepend=False))
    # The sum begins and ends at 0, so edges come in pairs.
    return tuple((first, end) for first, end in edges.reshape(-1, 2).tolist())


def _epochs(seconds: float, epoch_s: int) -> int:
    if seconds % epoch_s:
        raise ValueError(f"{seconds:g} s is not a whole number of epochs of {epoch_s} s")
    return int(seconds // epoch_s)


def _sums(mask: NDArray[np.bool_], width: int) -> NDArray[np.int64]:
    """Return the number of true values in each window of `width`, by its first position."""
    # Each sum is the difference of two running sums, so the width of a window costs nothing.
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask)])
    sums: NDArray[np.int64] = total[width:] - total[:-width]
    return sums


def _unbroken(active: NDArray[np.bool_], width: int, longest: int) -> NDArray[np.bool_]:
    """Return which windows of `width` have no run of more than `longest` inactive epochs."""
    if width <= longest:
        return np.ones(len(active) - width + 1, np.bool_)
    too_long = _sums(~active, longest + 1) == longest + 1
    unbroken: NDArray[np.bool_] = _sums(too_long, width - longest) == 0
    return unbroken
