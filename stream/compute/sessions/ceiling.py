"""Finds the times in a session in which heart rate was above a prescribed ceiling. Pure.

Clinical definition section 5.4. A ceiling is a clinician's own figure in beats a minute, and rests
on no formula. A single sample above it is an artefact more often than not, so it must be exceeded
for two minutes; and it is left only when heart rate has been clearly below for as long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS
from model.columns.rollups import Integers
from model.derived.sessions import ABOVE_CEILING, FAR_ABOVE_CEILING, QualityFlag
from model.facts import Instants, Values
from stream.compute.pieces import Pieces
from stream.compute.series.reported_columns import HEART
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.resolved_series import ResolvedSeries

_Marks = NDArray[np.bool_]

# All of these are defaults of ours.
_EXCEEDED_MS, _FAR_MS = 2 * MINUTE_MS, 5 * MINUTE_MS
_LEAST_SAMPLES, _LEAST_SHARE = 6, 0.95
_CLEAR_BELOW_BPM, _FAR_ABOVE_BPM = 5.0, 10.0
_LONGEST_GAP_MS = 90_000  # beyond it nothing is known, as with the longest hold of a sample


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Held:
    """Samples with the time that each holds: [t, until) in epoch ms, `v` in beats a minute."""

    t: Instants
    until: Instants
    v: Values

    def part(self, begin: int, end: int) -> "_Held":
        """Return the samples at the positions [begin, end), as views of the columns."""
        return _Held(t=self.t[begin:end], until=self.until[begin:end], v=self.v[begin:end])


def ceiling_flags(
    heart: ResolvedMetric | None,
    start_ms: int,
    end_ms: int,
    ceiling: float | None,
    pauses: Pieces = (),
) -> Iterator[QualityFlag]:
    """Yield a flag for each time in a session [start_ms, end_ms) above the ceiling, in bpm.

    Heart rate in the pauses belongs to it, but no sample holds over an edge of a pause.
    """
    if heart is None or ceiling is None:
        return
    held = _held(heart.within(start_ms, end_ms), end_ms, pauses)
    for first, last in _times_above(held, ceiling):
        at, until = int(held.t[first]), int(held.until[last])
        source = heart.main_source(at, until)
        if source is None:
            continue
        time = held.part(first, last + 1)
        far = _holds(time, time.v >= ceiling + _FAR_ABOVE_BPM, _FAR_MS).any()
        yield QualityFlag(
            what=FAR_ABOVE_CEILING if far else ABOVE_CEILING,
            metric=HEART,
            source=source,
            start_ms=at,
            end_ms=until,
            n=int(np.count_nonzero(time.v > ceiling)),
        )


def _held(series: ResolvedSeries, end_ms: int, pauses: Pieces) -> _Held:
    """Return samples with their ends: the next one, the end of the hold, or an edge of a pause."""
    t = series.t
    edges = np.sort(np.append(np.array(pauses, np.int64), end_ms))
    edge = edges[np.searchsorted(edges, t, side="right")]
    until = np.minimum(t + series.hold, edge)
    until[:-1] = np.minimum(until[:-1], t[1:])
    return _Held(t=t, until=until, v=series.v)


def _times_above(held: _Held, ceiling: float) -> Iterator[tuple[int, int]]:
    """Yield the positions of the first and the last sample of each time above a ceiling."""
    gaps = np.flatnonzero(np.diff(held.t) > _LONGEST_GAP_MS) + 1
    for begin, end in pairwise([0, *gaps.tolist(), len(held.t)]):
        for first, last in _times_without_gap(held.part(begin, end), ceiling):
            yield begin + first, begin + last


def _times_without_gap(held: _Held, ceiling: float) -> Iterator[tuple[int, int]]:
    """Yield the positions as `_times_above` does, of samples that are all near each other."""
    above, low = held.v > ceiling, held.v <= ceiling - _CLEAR_BELOW_BPM
    raised = np.flatnonzero(_holds(held, above, _EXCEEDED_MS))
    cleared = np.flatnonzero(_holds(held, low, _EXCEEDED_MS))
    reached = 0
    for at in raised.tolist():
        if at < reached:
            continue
        nearest = int(np.searchsorted(cleared, at))
        stop = int(cleared[nearest]) if nearest < len(cleared) else len(held.t)
        yield _first_of(held, above, at, reached), int(np.flatnonzero(above[:stop])[-1])
        reached = stop


def _begins(held: _Held, least_ms: int) -> Integers:
    """Return where the shortest time begins that each sample ends and that is long enough.

    It has enough samples; where there are too few, the position is negative.
    """
    begins = np.searchsorted(held.t, held.until - least_ms, side="right") - 1
    return np.minimum(begins, np.arange(len(held.t)) - _LEAST_SAMPLES + 1)


def _holds(held: _Held, marks: _Marks, least_ms: int) -> _Marks:
    """Return at which samples something has held for the time up to their ends, bool[n]."""
    positions, begins = np.arange(len(held.t)), _begins(held, least_ms)
    sums = np.concatenate(([0], np.cumsum(marks)))
    first = np.maximum(begins, 0)
    share = (sums[positions + 1] - sums[first]) / (positions + 1 - first)
    return (begins >= 0) & (share >= _LEAST_SHARE)


def _first_of(held: _Held, above: _Marks, at: int, reached: int) -> int:
    """Return the first sample above the ceiling of the time that is long enough at `at`."""
    begin = max(int(_begins(held, _EXCEEDED_MS)[at]), reached, 0)
    return begin + int(np.argmax(above[begin : at + 1]))
