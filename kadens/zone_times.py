"""The time that a workout spent in each zone, with the code of the worker. Pure.

Apart from `kadens.inspect`, because only an inspection with a heart profile imports the sessions'
code.
"""

from datetime import UTC, datetime

import numpy as np

from model.facts import Instants, Values
from model.intensity import ZONES, HeartProfile
from stream.compute.intensity.thresholds import zone_thresholds
from stream.compute.intensity.zones import time_in_zones
from stream.compute.series.quality import CODE_ACCEPTED, screen_heart_rate


def workout_zone_times(
    t: Instants, v: Values, start_ms: int, end_ms: int, profile: HeartProfile
) -> dict[str, int] | None:
    """Return the milliseconds of [start, end) in each zone by name, "unknown" included.

    `t` int64[n] epoch ms, in order; `v` float64[n] beats a minute. None when the profile gives no
    zones on the date of the start.
    """
    thresholds = zone_thresholds(profile, datetime.fromtimestamp(start_ms / 1000, UTC).date())
    if not thresholds.valid:
        return None
    # Two records may have the same time; as in the worker, the last counts.
    last = np.append(t[1:] != t[:-1], np.ones(min(len(t), 1), np.bool_))
    t, v = t[last], v[last]
    kept = screen_heart_rate(t, v) == CODE_ACCEPTED
    times = time_in_zones(t[kept], v[kept], start_ms, end_ms, thresholds.edges)
    names = (zone.value for zone in ZONES)
    return dict(zip(names, times.as_tuple(), strict=True))
