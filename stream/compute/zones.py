"""Time in heart rate zones by sample and hold, in whole milliseconds. Never guesses: what no sample holds is unknown.

Clinical definition section 3.2: a sample holds until the next one, for at most `max_gap`, and never past the end.
"""

import numpy as np
from numpy.typing import NDArray

from ...model.facts import Instants, Values
from ...model.intensity import ZoneTimes

HR_FLOOR = 30.0
HR_CEILING = 230.0
MAX_GAP_MS = 30_000
_DIGITS = 6


def karvonen(rest: float, peak: float, fraction: float) -> float:
    """Return the heart rate (beats a minute) at a fraction of the heart rate reserve: rest + f * (peak - rest).

    Rounded to a millionth, so that an edge that is a whole number on paper is that number here. Source: Karvonen.

    >>> karvonen(60, 120, 0.40)
    84.0
    """
    return round(rest + fraction * (peak - rest), _DIGITS)


def accepted(hr: Values) -> NDArray[np.bool_]:
    """Return which heart rates are readings of a heart: finite and from 30 to 230 beats a minute."""
    with np.errstate(invalid="ignore"):
        return (hr >= HR_FLOOR) & (hr <= HR_CEILING)


def time_in_zones(
    t: Instants,
    hr: Values,
    start_ms: int,
    end_ms: int,
    edges: tuple[float, float, float, float],
    max_gap_ms: int | NDArray[np.int64] = MAX_GAP_MS,
) -> ZoneTimes:
    """Return the milliseconds of [start, end) in each class; they and `unknown` add up to end - start, exactly.

    `t` int64[n] epoch ms and `hr` float64[n] beats a minute, in any order of time; of samples at one instant the last
    in the arrays counts. Samples that are not accepted, or lie outside [start, end), are not samples. `edges` are the
    lower edges of light, moderate, vigorous and near_max, ascending; an edge belongs to the class above it.
    """
    inside = accepted(hr) & (t >= start_ms) & (t < end_ms)
    order = np.argsort(t[inside], kind="stable")
    at, value = t[inside][order], hr[inside][order]
    longest = max_gap_ms if isinstance(max_gap_ms, int) else max_gap_ms[inside][order]
    held = np.minimum(np.diff(at, append=end_ms), longest)
    sums = np.zeros(len(edges) + 1, dtype=np.int64)
    np.add.at(sums, np.searchsorted(np.asarray(edges), value, side="right"), held)
    known = [int(ms) for ms in sums]
    return ZoneTimes(
        very_light=known[0],
        light=known[1],
        moderate=known[2],
        vigorous=known[3],
        near_max=known[4],
        unknown=end_ms - start_ms - sum(known),
    )
