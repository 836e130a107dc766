"""Time in classes of intensity, in integer milliseconds.

Clinical definition section 3.2: a sample holds until the next sample, at most for its own limit,
and never past the end. Time that no sample holds is unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.columns import runs
from model.facts import Instants, Values
from model.intensity import HR_CEILING, HR_FLOOR, ZONES, ZoneThresholds, ZoneTimes
from stream.compute.pieces import pieces_ms
from stream.compute.series.resolved_series import ResolvedSeries

MAX_GAP_MS = 30_000  # our default for a workout's stream, of one sample every few seconds

_DIGITS = 6  # far finer than a watch measures, far coarser than the rounding errors of a float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldValues:
    """The values measured in a span, and for how long each was held.

    `v` float64[n] is in the metric's unit, `ms` int64[n] in ms. A value may occur more than once,
    and the order has no meaning.
    """

    v: Values
    ms: NDArray[np.int64]

    @property
    def known_ms(self) -> int:
        """Return for how many ms any value was held."""
        return int(self.ms.sum())


def karvonen(rest: float, hr_max: float, fraction: float) -> float:
    """Return the heart rate at a fraction of the heart rate reserve: rest + f * (max - rest).

    It is in beats a minute and rounded to a millionth, so that an edge that is an integer on paper
    is exactly that integer here. Source: Karvonen.

    >>> karvonen(60, 120, 0.40)
    84.0
    """
    return round(rest + fraction * (hr_max - rest), _DIGITS)


def is_plausible(hr: Values) -> NDArray[np.bool_]:
    """Return which heart rates are plausible, bool[n]: finite, from 30 to 230 beats a minute."""
    with np.errstate(invalid="ignore"):  # a comparison with NaN is False, as it should be
        return (hr >= HR_FLOOR) & (hr <= HR_CEILING)


def held_values(series: ResolvedSeries, start_ms: int, end_ms: int) -> HeldValues:
    """Return the values that the samples in [start_ms, end_ms) held in that span.

    A sample before the start is not included, even when it would hold beyond the start.
    """
    part = series.within(start_ms, end_ms)
    return _held(part.t, part.v, part.hold, end_ms)


def held_at_most(held: HeldValues, most_ms: int) -> HeldValues:
    """Return held values without what is held beyond `most_ms` in all, lowest values first.

    So it is with a pause of which only the length is known. It lies where nothing is known, as far
    as there is room, and otherwise where the patient did least.
    """
    excess_ms = held.known_ms - most_ms
    if excess_ms <= 0:
        return held
    order = np.argsort(held.v, kind="stable")
    v, ms = held.v[order], held.ms[order]
    left = np.clip(np.cumsum(ms) - excess_ms, 0, ms)
    return HeldValues(v=v[left > 0], ms=left[left > 0])


def distinct_values(held: HeldValues) -> HeldValues:
    """Return held values with each value once, increasing, and its times added up.

    This is possible because no later step depends on the order of samples.
    """
    order = np.argsort(held.v)
    v, ms = held.v[order], held.ms[order]
    first = runs.starts(v)
    return HeldValues(v=v[first], ms=np.add.reduceat(ms, first) if len(first) else ms)


def time_in_bands(held: HeldValues, edges: Sequence[float]) -> tuple[int, ...]:
    """Return the milliseconds in each of len(edges) + 1 classes, from low to high.

    `edges` are the lower edges of all classes but the first, ascending. An edge belongs to the
    class above it.
    """
    band = np.searchsorted(np.asarray(edges, dtype=np.float64), held.v, side="right")
    # `bincount` adds floats; sums of integers below 2**53 are exact.
    sums = np.bincount(band, weights=held.ms, minlength=len(edges) + 1)
    return tuple(map(int, sums.tolist()))


def held_zone_times(
    held: HeldValues, length_ms: int, edges: tuple[float, float, float, float]
) -> ZoneTimes:
    """Return the time in the five canonical classes and `unknown`.

    Together they are exactly `length_ms`.
    """
    return _completed(time_in_bands(held, edges), length_ms)


def zone_times_between(
    series: ResolvedSeries | None,
    start_ms: int,
    end_ms: int,
    thresholds: ZoneThresholds,
    timer_ms: int | None = None,
) -> ZoneTimes:
    """Return the zone times of [start_ms, end_ms), of which `timer_ms` were not paused.

    None is all of it. All time is unknown without samples or when the thresholds are not valid.
    """
    length_ms = end_ms - start_ms if timer_ms is None else timer_ms
    if series is None or not thresholds.valid:
        return ZoneTimes(unknown=length_ms)
    held = held_at_most(held_values(series, start_ms, end_ms), length_ms)
    return held_zone_times(held, length_ms, thresholds.edges)


def zone_times_in_pieces(
    series: ResolvedSeries | None,
    start_ms: int,
    pieces: Sequence[tuple[int, int]],
    thresholds: ZoneThresholds,
) -> ZoneTimes:
    """Return the zone times in `pieces` of a session that begins at `start_ms`.

    Pieces are [start, end) in epoch ms, in order of time. Where a sample holds over the edge of a
    piece, its time is cut there. The cost is linear in samples and pieces.
    """
    length = pieces_ms(pieces)
    if series is None or not thresholds.valid:
        return ZoneTimes(unknown=length)
    return _completed(bands_in_pieces(series, start_ms, pieces, thresholds.edges), length)


def bands_in_pieces(
    series: ResolvedSeries, start_ms: int, pieces: Sequence[tuple[int, int]], edges: Sequence[float]
) -> tuple[int, ...]:
    """Return the ms in each of len(edges) + 1 classes in `pieces`, as `time_in_bands` does.

    `start_ms` and `pieces` are as in `zone_times_in_pieces`.
    """
    bands = range(len(edges) + 1)
    if not pieces:
        return (0,) * len(bands)
    end_ms = pieces[-1][1]
    held = held_values(series, start_ms, end_ms)
    # The session is read up to the end of its last piece, so samples between pieces hold into them.
    t = series.within(start_ms, end_ms).t
    band = np.searchsorted(np.asarray(edges), held.v, side="right")
    times: list[int] = []
    for number in bands:
        of_band = np.where(band == number, held.ms, 0)
        times.append(_time_in_pieces(t, of_band, pieces))
    return tuple(times)


def shortened(times: ZoneTimes, by_ms: int) -> ZoneTimes:
    """Return zone times shorter by a pause of `by_ms`, which is at most the total."""
    *known, unknown = times.as_tuple()
    return _completed(shortened_bands(known, unknown, by_ms), times.total - by_ms)


def shortened_bands(known: Iterable[int], unknown_ms: int, by_ms: int) -> tuple[int, ...]:
    """Return the times of classes shorter by a pause: unknown time first, then the lowest classes.

    The rule is that of `held_at_most`.
    """
    excess_ms = max(0, by_ms - unknown_ms)
    left: list[int] = []
    for ms in known:
        left.append(ms - min(excess_ms, ms))
        excess_ms -= ms - left[-1]
    return tuple(left)


def _completed(known: Sequence[int], length_ms: int) -> ZoneTimes:
    """Return the zone times of the five classes, with the rest of the length as unknown."""
    # Integers, so that all six add up to the length to the millisecond.
    times = (*known, length_ms - sum(known))
    return ZoneTimes(**dict(zip(ZONES, times, strict=True)))


def _time_in_pieces(t: Instants, ms: NDArray[np.int64], pieces: Sequence[tuple[int, int]]) -> int:
    """Return how much of the intervals [t, t + ms) of all samples lies in the pieces, in ms.

    For each edge of a piece, this takes the time held by all samples before the edge, less what the
    last of them holds beyond it. The difference between the two edges is the time in the piece.
    """
    edges = np.array(pieces, np.int64)
    before = np.searchsorted(t, edges)
    total = np.append(0, np.cumsum(ms))
    beyond = np.zeros_like(edges)
    if len(t):
        last = np.maximum(before - 1, 0)
        beyond = np.where(before > 0, np.maximum(t[last] + ms[last] - edges, 0), 0)
    until = total[before] - beyond
    return int((until[:, 1] - until[:, 0]).sum())


def time_in_zones(
    t: Instants,
    hr: Values,
    start_ms: int,
    end_ms: int,
    edges: tuple[float, float, float, float],
    max_gap_ms: int | NDArray[np.int64] = MAX_GAP_MS,
) -> ZoneTimes:
    """Return the zone times of [start_ms, end_ms) from samples as measured.

    `t` int64[n] epoch ms and `hr` float64[n] beats a minute are in any order of time; of samples at
    the same instant the last in the arrays counts. Samples that are not plausible or lie outside of
    the interval are left out. `edges` are the lower edges of light, moderate, vigorous and
    near_max, ascending; an edge belongs to the class above it. A sample holds for at most
    `max_gap_ms`, an int or int64[n]. The classes and unknown add up to the length of the interval.
    """
    inside = is_plausible(hr) & (t >= start_ms) & (t < end_ms)
    order = np.argsort(t[inside], kind="stable")
    hold = max_gap_ms if isinstance(max_gap_ms, int) else max_gap_ms[inside][order]
    held = _held(t[inside][order], hr[inside][order], hold, end_ms)
    return held_zone_times(held, end_ms - start_ms, edges)


def _held(t: Instants, v: Values, hold: NDArray[np.int64] | int, end_ms: int) -> HeldValues:
    # The end acts as a next sample: the last value holds up to it at most.
    following = np.full(len(t), end_ms)
    following[:-1] = t[1:]
    return HeldValues(v=v, ms=np.minimum(following - t, hold))
