"""Bouts of activity in minutes or epochs that are active or not. Never asks what made them active.

Two rules (clinical definition section 3.3). `bouts` is ours, works on minutes, and detects sessions
that nobody declared. `published_bouts` is the rule used with wrist accelerometers, as GGIR
publishes it: it exists to compare figures with the literature, and derives nothing. They differ on
purpose. Ours asks for no share of active minutes once a bout runs, and ends it after five inactive
ones, so that a walk with stops stays one session. The published rule asks for a length, a share and
short breaks, and reports nothing shorter.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants

Ranges: TypeAlias = tuple[tuple[int, int], ...]

START_WITHIN_MIN = 5
START_ACTIVE = 3
END_INACTIVE = 5

_ROUNDING = 1e-9  # a share that is met exactly on paper may miss by a rounding error


def bouts(active: Instants) -> Ranges:
    """Return the bouts, each [first, end) in epoch minutes, in order of time.

    `active` int64[n] are the active minutes, increasing. Five minutes that are not active part what
    comes before from what comes after. Of each part, a bout begins with the first of three active
    minutes within five and ends behind the last active minute; a part without three such minutes
    has none. A part decides for itself: any window that holds all of it, with the five minutes
    around it, gives the same bout.
    """
    if len(active) < START_ACTIVE:
        return ()
    third_after = active[START_ACTIVE - 1 :] - active[: 1 - START_ACTIVE]
    may_start = np.flatnonzero(third_after < START_WITHIN_MIN)
    last_of_part = np.flatnonzero(np.append(np.diff(active) > END_INACTIVE, True))
    part_of_start = np.searchsorted(last_of_part, may_start)
    part, first = np.unique(part_of_start, return_index=True)
    begins = active[may_start[first]]
    ends = active[last_of_part[part]] + 1
    return tuple(zip(begins.tolist(), ends.tolist(), strict=True))


def published_bouts(
    active: NDArray[np.bool_], epoch_s: int, minutes: float, criterion: float, max_break_s: int = 60
) -> Ranges:
    """Return the bouts by the published rule, each [first, end) as positions in `active`, in time.

    `active` bool[n] has one value for each epoch of `epoch_s` seconds. A window of `minutes` fits
    when it begins and ends active, is active for at least the share `criterion`, and holds no break
    of more than `max_break_s`. A bout is what overlapping windows that fit cover together. Raises
    ValueError when `minutes` or the break is not a whole number of epochs.
    """
    width, longest_break = _epochs(60 * minutes, epoch_s), _epochs(max_break_s, epoch_s)
    if len(active) < width or width == 0:
        return ()
    fits = _sums(active, width) >= criterion * width - _ROUNDING
    fits &= active[: len(fits)] & active[width - 1 :] & _unbroken(active, width, longest_break)
    # Each window that fits adds one where it begins and takes it where it ends.
    steps = np.zeros(len(active) + 1, np.int64)
    np.add.at(steps, np.flatnonzero(fits), 1)
    np.add.at(steps, np.flatnonzero(fits) + width, -1)
    edges = np.flatnonzero(np.diff(np.cumsum(steps) > 0, prepend=False))
    return tuple((first, end) for first, end in edges.reshape(-1, 2).tolist())


def _epochs(seconds: float, epoch_s: int) -> int:
    if seconds % epoch_s:
        raise ValueError(f"{seconds:g} s is not a whole number of epochs of {epoch_s} s")
    return int(seconds // epoch_s)


def _sums(mask: NDArray[np.bool_], width: int) -> NDArray[np.int64]:
    """Return how many are true in each window of `width`, by the first position of the window."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask)])
    sums: NDArray[np.int64] = total[width:] - total[:-width]
    return sums


def _unbroken(active: NDArray[np.bool_], width: int, longest: int) -> NDArray[np.bool_]:
    """Return which windows hold no run of more than `longest` epochs that are not active."""
    if width <= longest:
        return np.ones(len(active) - width + 1, np.bool_)
    too_long = _sums(~active, longest + 1) == longest + 1
    unbroken: NDArray[np.bool_] = _sums(too_long, width - longest) == 0
    return unbroken
