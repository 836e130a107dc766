"""Bouts of activity found in minutes or epochs that are active or not. Never asks what made a minute active.

Two rules (clinical definition section 3.3). `bouts` is ours, on the minute grid, and finds sessions that nobody
declared. `published_bouts` is the rule used with wrist accelerometers, as GGIR publishes it: it is here so that figures
can be compared with the literature, and derives nothing. They differ on purpose. Ours asks for no share of active
minutes once a bout runs, and ends it after five still minutes, so that a walk with stops stays one session; the
published one asks for a length, a share and short breaks, and reports nothing shorter.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants

Ranges: TypeAlias = tuple[tuple[int, int], ...]

WINDOW_MIN = 5
START_ACTIVE = 3
END_STILL = 5


def bouts(active: Instants) -> Ranges:
    """Return the bouts, each [first, end) in epoch minutes, in order of time. `active` int64[n], increasing.

    Five minutes that are not active part what comes before from what comes after. Of each part, a bout begins with the
    first of three active minutes within five and ends behind the last active minute; a part without three such minutes
    has none. A part decides for itself: any window that holds it whole, with the five minutes around, gives the same.
    """
    if len(active) < START_ACTIVE:
        return ()
    starts = np.flatnonzero(active[START_ACTIVE - 1 :] - active[: 1 - START_ACTIVE] < WINDOW_MIN)
    last = np.flatnonzero(np.append(np.diff(active) > END_STILL, True))
    part, first = np.unique(np.searchsorted(last, starts), return_index=True)
    return tuple(
        zip(active[starts[first]].tolist(), (active[last[part]] + 1).tolist(), strict=True)
    )


def published_bouts(
    active: NDArray[np.bool_], epoch_s: int, minutes: float, criterion: float, max_break_s: int = 60
) -> Ranges:
    """Return the bouts by the published rule, each [first, end) in places of `active`, in order of time.

    `active` bool[n], one an epoch of `epoch_s` seconds. A bout is what windows of `minutes` cover together, of those
    that begin and end active, are active for at least the share `criterion`, and hold no break of more than
    `max_break_s`. Raises ValueError when `minutes` or the break is not a whole number of epochs.
    """
    width, longest = _epochs(60 * minutes, epoch_s), _epochs(max_break_s, epoch_s)
    if len(active) < width or width == 0:
        return ()
    share = _sums(active, width) >= criterion * width - 1e-9
    fits = share & active[: len(share)] & active[width - 1 :] & _unbroken(active, width, longest)
    covered = np.zeros(len(active) + 1, np.int64)
    np.add.at(covered, np.flatnonzero(fits), 1)
    np.add.at(covered, np.flatnonzero(fits) + width, -1)
    edges = np.flatnonzero(np.diff(np.cumsum(covered) > 0, prepend=False))
    return tuple((first, end) for first, end in edges.reshape(-1, 2).tolist())


def _epochs(seconds: float, epoch_s: int) -> int:
    if seconds % epoch_s:
        raise ValueError(f"{seconds:g} s is not a whole number of epochs of {epoch_s} s")
    return int(seconds // epoch_s)


def _sums(mask: NDArray[np.bool_], width: int) -> NDArray[np.int64]:
    """Return how many are true in each window of `width`; a window is named by its first place."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask)])
    sums: NDArray[np.int64] = total[width:] - total[:-width]
    return sums


def _unbroken(active: NDArray[np.bool_], width: int, longest: int) -> NDArray[np.bool_]:
    """Return which windows hold no run of more than `longest` epochs that are not active."""
    if width <= longest:
        return np.ones(len(active) - width + 1, np.bool_)
    too_long = _sums(~active, longest + 1) == longest + 1
    array: NDArray[np.bool_] = _sums(too_long, width - longest) == 0
    return array
