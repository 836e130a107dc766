"""Finds the times in a session in which heart rate was above a prescribed ceiling. Pure.

Clinical definition section 5.4. A ceiling is a clinician's own figure in beats a minute, and rests
on no formula. A single sample above it is an artefact more often than not, so it must be exceeded
for two minutes; and it is left only when heart rate has been clearly below for as long.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS
from model.derived.sessions import ABOVE_CEILING, FAR_ABOVE_CEILING, QualityFlag
from model.facts import Instants, Values
from stream.compute.series.reported_columns import HEART
from stream.compute.series.resolved_metric import ResolvedMetric

_Marks = NDArray[np.bool_]

# All of these are defaults of ours.
_EXCEEDED_MS, _FAR_MS = 2 * MINUTE_MS, 5 * MINUTE_MS
_LEAST_SAMPLES, _LEAST_SHARE = 6, 0.95
_CLEAR_BELOW_BPM, _FAR_ABOVE_BPM = 5.0, 10.0
_LONGEST_GAP_MS = 90_000  # beyond it nothing is known, as with the longest hold of a sample


def ceiling_flags(
    heart: ResolvedMetric | None, start_ms: int, end_ms: int, ceiling: float | None
) -> Iterator[QualityFlag]:
    """Yield a flag for each time in a session [start_ms, end_ms) above the ceiling, in bpm."""
    if heart is None or ceiling is None:
        return
    series = heart.within(start_ms, end_ms)
    for first, last in _times_above(series.t, series.v, ceiling):
        at, until = int(series.t[first]), int(series.t[last]) + 1
        source = heart.main_source(at, until)
        if source is None:
            continue
        t, v = series.t[first : last + 1], series.v[first : last + 1]
        far = _holds(t, v >= ceiling + _FAR_ABOVE_BPM, _FAR_MS).any()
        yield QualityFlag(
            what=FAR_ABOVE_CEILING if far else ABOVE_CEILING,
            metric=HEART,
            source=source,
            start_ms=at,
            end_ms=until,
            n=int(np.count_nonzero(v > ceiling)),
        )


def _times_above(t: Instants, v: Values, ceiling: float) -> Iterator[tuple[int, int]]:
    """Yield the positions of the first and the last sample of each time above a ceiling."""
    begins = np.flatnonzero(np.diff(t, prepend=t[:1] - _LONGEST_GAP_MS - 1) > _LONGEST_GAP_MS)
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(t)], strict=True):
        above, low = v[begin:end] > ceiling, v[begin:end] <= ceiling - _CLEAR_BELOW_BPM
        raised = np.flatnonzero(_holds(t[begin:end], above, _EXCEEDED_MS))
        cleared = np.flatnonzero(_holds(t[begin:end], low, _EXCEEDED_MS))
        reached = 0
        for at in raised.tolist():
            if at < reached:
                continue
            nearest = int(np.searchsorted(cleared, at))
            stop = int(cleared[nearest]) if nearest < len(cleared) else end - begin
            first = _first_of(t[begin:end], above, at, reached)
            yield begin + first, begin + int(np.flatnonzero(above[:stop])[-1])
            reached = stop


def _holds(t: Instants, marks: _Marks, least_ms: int) -> _Marks:
    """Return at which samples something has held for the time before, bool[n].

    It holds for the shortest time up to the sample that is long enough and has enough samples.
    """
    n = len(t)
    positions = np.arange(n)
    begins = np.searchsorted(t, t - least_ms, side="right") - 1
    begins = np.minimum(begins, positions - _LEAST_SAMPLES + 1)
    sums = np.concatenate(([0], np.cumsum(marks)))
    first = np.maximum(begins, 0)
    share = (sums[positions + 1] - sums[first]) / (positions + 1 - first)
    return (begins >= 0) & (share >= _LEAST_SHARE)


def _first_of(t: Instants, above: _Marks, at: int, reached: int) -> int:
    """Return the first sample above the ceiling of the time that is long enough at `at`."""
    begin = int(np.searchsorted(t, t[at] - _EXCEEDED_MS, side="right")) - 1
    begin = max(min(begin, at - _LEAST_SAMPLES + 1), reached, 0)
    return begin + int(np.argmax(above[begin : at + 1]))
