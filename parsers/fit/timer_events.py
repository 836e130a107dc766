"""When the timer of a FIT file stood still, from its timer events. Pure.

A watch writes an event when its timer stops, by a button or by itself, and another when it starts
again. No event is invented: a file without them tells nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from parsers.fit.activity.values import DEVICE_TIME_END, FIT_EPOCH, TIMER_EVENT, TIMER_STOPS

if TYPE_CHECKING:
    from parsers.fit.activity.clock import RecordClock
    from parsers.fit.group import Group

TimerStops: TypeAlias = tuple[tuple[int, int | None], ...]

_START = 0  # of `event_type`
_END_OF_TIME = 2.0**32  # a FIT time has 32 bits


def timer_stops(events: Group, clock: RecordClock | None = None) -> TimerStops:
    """Return [start, end) in epoch ms of each stop of the timer, in order and apart.

    `clock` is the settled clock of a recording whose clock jumped.

    The end of the last stop is None when the timer was not started again.
    """
    stops: list[tuple[int, int | None]] = []
    since: int | None = None
    for at, kind in _timer_events(events, clock):
        if kind in TIMER_STOPS and since is None:
            since = at
        elif kind == _START and since is not None:
            if at > since:
                stops.append((since, at))
            since = None
    if since is not None:
        stops.append((since, None))
    return tuple(stops)


def _timer_events(events: Group, clock: RecordClock | None) -> list[tuple[int, int]]:
    """Return instant (epoch ms) and type of each event of the timer, in order of time."""
    stamps, kinds = events.numbers("timestamp"), events.numbers("event_type")
    if clock is not None:
        stamps = np.array(list(map(clock.corrected, stamps.tolist())), np.float64)
    dated = (stamps >= DEVICE_TIME_END) & (stamps < _END_OF_TIME)  # False for NaN
    rows = np.flatnonzero(dated & (events.numbers("event") == TIMER_EVENT) & np.isfinite(kinds))
    # Of events of the same second the order of the file decides, so the sort is stable.
    rows = rows[np.argsort(stamps[rows], kind="stable")]
    instants = ((stamps[rows] + FIT_EPOCH) * 1000).astype(np.int64)
    return list(zip(instants.tolist(), kinds[rows].astype(np.int64).tolist(), strict=True))
