"""Time in classes of intensity by sample and hold, in whole milliseconds. Never guesses: what nobody holds is unknown.

Clinical definition section 3.2: a sample holds until the next one, for at most its own limit, and never past the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.columns import runs
from model.facts import Instants, Values
from model.intensity import ZONES, ZoneThresholds, ZoneTimes
from stream.compute.series.resolved_series import ResolvedSeries

HR_FLOOR = 30.0
HR_CEILING = 230.0
MAX_GAP_MS = 30_000
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldValues:
    """What was measured in a span and for how long each value was held: `v` float64[n], `ms` int64[n].

    A value may come more than once, and the order says nothing.
    """

    v: Values
    ms: NDArray[np.int64]

    @property
    def known_ms(self) -> int:
        """Return for how long anything was held."""
        return int(self.ms.sum())


def karvonen(rest: float, peak: float, fraction: float) -> float:
    """Return the heart rate (beats a minute) at a fraction of the heart rate reserve: rest + f * (peak - rest).

    Rounded to a millionth, so that an edge that is a whole number on paper is that number here. Source: Karvonen.

    >>> karvonen(60, 120, 0.40)
    84.0
    """
    return round(rest + fraction * (peak - rest), _DIGITS)


def is_plausible(hr: Values) -> NDArray[np.bool_]:
    """Return which heart rates are readings of a heart: finite and from 30 to 230 beats a minute."""
    with np.errstate(invalid="ignore"):
        return (hr >= HR_FLOOR) & (hr <= HR_CEILING)


def held_values(track: ResolvedSeries, start_ms: int, end_ms: int) -> HeldValues:
    """Return what the samples of a track in [start, end) held there; a sample before the start is not among them."""
    part = track.within(start_ms, end_ms)
    return _held(part.t, part.v, part.hold, end_ms)


def distinct_values(value: HeldValues) -> HeldValues:
    """Return the same with every value once, increasing: what follows need not depend on the order of samples."""
    order = np.argsort(value.v)
    v, ms = value.v[order], value.ms[order]
    first = runs.starts(v)
    return HeldValues(v=v[first], ms=np.add.reduceat(ms, first) if len(first) else ms)


def time_in_bands(value: HeldValues, edges: Sequence[float]) -> tuple[int, ...]:
    """Return the milliseconds in each of len(edges) + 1 classes, from low to high.

    `edges` are the lower edges of every class but the first, ascending; an edge belongs to the class above it.
    """
    band = np.searchsorted(np.asarray(edges, dtype=np.float64), value.v, side="right")
    sums = np.bincount(
        band, weights=value.ms, minlength=len(edges) + 1
    )  # whole numbers below 2**53: exact
    return tuple(map(int, sums.tolist()))


def zone_times(
    value: HeldValues, length_ms: int, edges: tuple[float, float, float, float]
) -> ZoneTimes:
    """Return the time in the five canonical classes and `unknown`, which add up to the length, exactly."""
    known = time_in_bands(value, edges)
    return ZoneTimes(**dict(zip(ZONES, (*known, length_ms - sum(known)), strict=True)))


def zone_times_between(
    track: ResolvedSeries | None, start_ms: int, end_ms: int, thresholds: ZoneThresholds
) -> ZoneTimes:
    """Return the time of [start, end) in the five classes; all unknown when the thresholds are not valid."""
    if track is None or not thresholds.valid:
        return ZoneTimes(unknown=end_ms - start_ms)
    return zone_times(held_values(track, start_ms, end_ms), end_ms - start_ms, thresholds.edges)


def zone_times_in_pieces(
    track: ResolvedSeries | None,
    start_ms: int,
    pieces: Sequence[tuple[int, int]],
    thresholds: ZoneThresholds,
) -> ZoneTimes:
    """Return the time in the classes in pieces [from, to) of a session that begins at `start_ms`, in order of time.

    What a sample of the session holds over the edge of a piece is cut there. Linear in samples and pieces.
    """
    length = sum(end - start for start, end in pieces)
    if track is None or not thresholds.valid or not pieces:
        return ZoneTimes(unknown=length)
    total = held_values(track, start_ms, pieces[-1][1])
    t = track.within(start_ms, pieces[-1][1]).t
    band = np.searchsorted(np.asarray(thresholds.edges), total.v, side="right")
    known = [
        _spent(t, np.where(band == number, total.ms, 0), pieces) for number in range(len(ZONES) - 1)
    ]
    return ZoneTimes(**dict(zip(ZONES, (*known, length - sum(known)), strict=True)))


def _spent(t: Instants, ms: NDArray[np.int64], pieces: Sequence[tuple[int, int]]) -> int:
    """Return how much of [t, t + ms) of all samples lies in the pieces."""
    at = np.array(pieces, np.int64)
    before = np.searchsorted(t, at)
    last = np.maximum(before - 1, 0)
    summed = np.append(0, np.cumsum(ms))
    left = (
        np.where(before > 0, np.maximum(t[last] + ms[last] - at, 0), 0)
        if len(t)
        else np.zeros_like(at)
    )
    until = summed[before] - left
    return int((until[:, 1] - until[:, 0]).sum())


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
    inside = is_plausible(hr) & (t >= start_ms) & (t < end_ms)
    order = np.argsort(t[inside], kind="stable")
    longest = max_gap_ms if isinstance(max_gap_ms, int) else max_gap_ms[inside][order]
    return zone_times(
        _held(t[inside][order], hr[inside][order], longest, end_ms), end_ms - start_ms, edges
    )


def _held(t: Instants, v: Values, hold: NDArray[np.int64] | int, end_ms: int) -> HeldValues:
    return HeldValues(v=v, ms=np.minimum(np.append(t[1:], end_ms) - t, hold))
