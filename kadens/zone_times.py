"""The time that a workout spent in each zone, with the code of the worker. Pure.

Apart from `kadens.inspect`, because only an inspection with a heart profile imports the sessions'
code.
"""

from datetime import UTC, datetime

import numpy as np

from model.facts import Instants, Values, Workout
from model.intensity import ZONES, HeartProfile
from stream.compute.intensity.thresholds import zone_thresholds
from stream.compute.intensity.zones import MAX_GAP_MS, zone_times_between
from stream.compute.pieces import union_of_spans
from stream.compute.series.quality import CODE_ACCEPTED, screen_heart_rate
from stream.compute.series.resolved_series import ResolvedSeries


def workout_zone_times(
    t: Instants, v: Values, workout: Workout, profile: HeartProfile, timer_ms: int
) -> dict[str, int] | None:
    """Return the milliseconds of a workout in each zone by name, "unknown" included.

    `t` int64[n] epoch ms, in order; `v` float64[n] beats a minute. Pauses are in no zone: together
    the zones are `timer_ms`, the time without them. None when the profile gives no zones on the
    date of the start.
    """
    start_ms, end_ms = workout.head.start_ms, workout.head.end_ms
    thresholds = zone_thresholds(profile, datetime.fromtimestamp(start_ms / 1000, UTC).date())
    if not thresholds.valid:
        return None
    # Two records may have the same time; as in the worker, the last counts.
    last = np.append(t[1:] != t[:-1], np.ones(min(len(t), 1), np.bool_))
    t, v = t[last], v[last]
    kept = screen_heart_rate(t, v) == CODE_ACCEPTED
    t, v = t[kept], v[kept]
    hold = np.full(len(t), MAX_GAP_MS, np.int64)
    series = ResolvedSeries(metric="heart_rate", t=t, v=v, hold=hold)
    running = series.without(union_of_spans(workout.pauses))
    times = zone_times_between(running, start_ms, end_ms, thresholds, timer_ms)
    names = (zone.value for zone in ZONES)
    return dict(zip(names, times.as_tuple(), strict=True))
