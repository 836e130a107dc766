"""Times between beats, of `hrv` messages: a watch writes them between its records. Pure.

Such a message holds how long the last beats took, and no time. So the beats follow one another from
the record before the first of them on. Where beats were lost, or some were counted twice, the
record before a message says so, and none is further from its record than a few seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.activity.values import FIT_EPOCH
from parsers.fit.columns import widen
from parsers.fit.samples import Samples

if TYPE_CHECKING:
    from parsers.fit.activity.records import RecordTimes
    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile

_STEP_S = 0.001  # keeps the order of beats for which there is no time
_APART_S = 5.0  # a message may be written a few seconds after its beats, or before its record


def beat_intervals(fit: FitFile, times: RecordTimes) -> Samples | None:
    """Return the times between beats in ms, each at the end of its beat.

    None where there are none, or no record dates them.
    `times` are those of the records, by the settled clock.
    """
    group = fit["hrv"]
    stamps = times.stamps[times.dated]
    if not len(group) or "time" not in group or not len(stamps):
        return None
    values = group["time"]
    if values.dtype != np.float64:
        return None
    rows = widen(values, values.shape[1] if values.ndim > 1 else 1).reshape(len(group), -1)
    before = np.searchsorted(fit["record"].offsets[times.dated], group.offsets, side="right") - 1
    anchors = np.repeat(stamps[np.maximum(before, 0)], rows.shape[1])
    seconds = rows.ravel()
    valid = np.isfinite(seconds) & (seconds > 0)
    if not valid.any():
        return None
    ends = _placed(seconds[valid], anchors[valid])
    t = np.rint((ends + FIT_EPOCH) * 1000).astype(np.int64)
    return Samples(t=t, v=seconds[valid] * 1000)


def _placed(seconds: Floats, anchors: Floats) -> Floats:
    """Return the end of each beat in FIT seconds, in their order."""
    ends = np.empty(len(seconds))
    end = float(anchors[0])
    for position, (took, anchor) in enumerate(zip(seconds.tolist(), anchors.tolist(), strict=True)):
        if anchor - end > _APART_S:
            end = anchor + took
        elif end + took - anchor > _APART_S:
            end += _STEP_S
        else:
            end += took
        ends[position] = end
    return ends
