"""Heart rate of `hr` messages: a strap keeps its beats and hands them over later. Pure.

Such a message holds beats on the strap's own clock. Some messages also hold the time of the watch,
and so place the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.activity.values import DEVICE_TIME_END, FIT_EPOCH, LAST_TIME
from parsers.fit.columns import widen
from parsers.fit.samples import Samples

if TYPE_CHECKING:
    from parsers.fit.columns import Floats
    from parsers.fit.group import Group


def strap_beats(group: Group) -> Samples | None:
    """Return the heart rate of the beats at their instants, None where no beat has a date."""
    if not len(group) or "filtered_bpm" not in group:
        return None
    bpm = _rows(group, "filtered_bpm")
    own = _rows(group, "event_timestamp") if "event_timestamp" in group else bpm * np.nan
    stamps = group.numbers("timestamp") + np.nan_to_num(group.numbers("fractional_timestamp"))
    stamps[~((stamps >= DEVICE_TIME_END) & (stamps <= LAST_TIME))] = np.nan
    beats = min(bpm.shape[1], own.shape[1])
    instants = own[:, :beats] + _difference(stamps, own[:, 0])[:, None]
    # Without the strap's own time the only beat of a message is at the time of the message.
    instants[:, 0] = np.where(np.isnan(own[:, 0]), stamps, instants[:, 0])
    dated = (instants >= DEVICE_TIME_END) & (instants <= LAST_TIME)
    valid = dated & np.isfinite(bpm[:, :beats])
    if not valid.any():
        return None
    t = np.rint((instants[valid] + FIT_EPOCH) * 1000).astype(np.int64)
    return Samples(t=t, v=bpm[:, :beats][valid])


def _rows(group: Group, name: str) -> Floats:
    values = group[name]
    if values.dtype != np.float64:
        return np.full((len(group), 1), np.nan)
    return widen(values, values.shape[1] if values.ndim > 1 else 1).reshape(len(group), -1)


def _difference(stamps: Floats, own: Floats) -> Floats:
    """Return for every message by how much the watch's clock is ahead of the strap's.

    It is that of the last message before that has both times; of the first such message, for those
    before it.
    """
    both = np.flatnonzero(np.isfinite(stamps) & np.isfinite(own))
    if not len(both):
        return np.full(len(stamps), np.nan)
    last = np.searchsorted(both, np.arange(len(stamps)), side="right") - 1
    anchors = both[np.maximum(last, 0)]
    return stamps[anchors] - own[anchors]
