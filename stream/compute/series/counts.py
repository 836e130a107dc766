"""Spreads counts evenly over the minutes for which they hold. Pure.

A count (steps, energy) holds over an interval, and two sources can only be compared by the minutes
that they cover. A phone that says "800 at 08:00" means the ten minutes from there, and a watch that
says 90 in each of these minutes counts the same steps. Sums stay as they are.

Where a source states no end, its count holds until its next count, else as long as the one before,
and never longer than `LONGEST_MS` or the UTC hour. So the counts of an hour depend on that hour
only.
"""

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS, MINUTE_MS
from model.facts import Instants, Values

COUNTS = frozenset({"steps", "active_energy", "basal_energy"})
LONGEST_MS = 10 * MINUTE_MS  # pedometers of phones write at most ten minutes as one count

_Integers = NDArray[np.int64]


def spread_counts(t: Instants, v: Values) -> tuple[Instants, Values]:
    """Return counts as one part for each minute for which they hold.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n]. The parts of a count are equal, a
    minute apart, and their first is at its own instant. The result is strictly increasing, too.
    """
    parts = _minutes(t)
    if not len(t) or int(parts.max()) == 1:  # the usual case: a count a minute
        return t, v
    first = np.cumsum(parts) - parts
    number = np.arange(int(parts.sum())) - np.repeat(first, parts)
    spread_t = np.repeat(t, parts) + number * MINUTE_MS
    return spread_t, np.repeat(v / parts, parts)


def _minutes(t: Instants) -> _Integers:
    """Return for how many minutes each count holds, at least one."""
    gaps = np.diff(t)
    same_hour = t[1:] // HOUR_MS == t[:-1] // HOUR_MS
    near = (gaps <= LONGEST_MS) & same_hour
    holds = np.full(len(t), LONGEST_MS, np.int64)
    # The gap to the next count is the better evidence, so it is written last.
    holds[1:][near] = gaps[near]
    holds[:-1][near] = gaps[near]
    holds = np.minimum(holds, HOUR_MS - t % HOUR_MS)
    return np.maximum(-(-holds // MINUTE_MS), 1)
