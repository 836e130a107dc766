"""Tells whether there is activity next to a midnight with which a window begins or ends. Pure.

Without it, no bout crosses such a midnight, whatever is known of the dates beyond it, and whatever
changed on one side of it. Then these dates need not be read, and are not stale.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

import numpy as np

from model.calendar import HOUR_MS, MINUTE_MS, midnight
from model.columns.window import SampleColumn, Window
from model.fact_properties import BESIDE_MS
from model.intensity import ZoneThresholds
from stream.compute.detection.bouts import END_INACTIVE
from stream.compute.detection.movement import BEFORE_MIN, MODERATE_EDGE, Movement, movement_between
from stream.compute.intensity.thresholds import profile_on, zone_thresholds
from stream.compute.series.reported_columns import HEART, SPEED, STEPS, reported_series
from stream.compute.series.source_selection import resolve
from stream.compute.sessions.superseded import current_columns

# A bout so soon after midnight is compared with heart rate before it.
TOUCHING_MS = BEFORE_MIN * MINUTE_MS

_BEFORE_MS = END_INACTIVE * MINUTE_MS  # activity further before midnight reaches not over it
_ACTIVITY = (HEART, STEPS, SPEED)


def touches_midnight(window: Window) -> bool:
    """Return whether the window has activity next to a midnight between its dates and others."""
    dates = set(window.dates)
    begun = {*dates, *(day + timedelta(days=1) for day in dates)}
    edges = [day for day in begun if (day in dates) != (day - timedelta(days=1) in dates)]
    # Neighbouring midnights share a date, and a window may hold many dates.
    thresholds_on = cache(lambda day: zone_thresholds(profile_on(window.profiles, day), day))
    return any(_is_touched(window, day, thresholds_on) for day in edges)


def _is_touched(
    window: Window, begun: date, thresholds_on: Callable[[date], ZoneThresholds]
) -> bool:
    """Return whether there is activity next to the midnight at which a date begins."""
    at_ms = midnight(begun, window.zone)
    start_ms, end_ms = at_ms - _BEFORE_MS, at_ms + TOUCHING_MS
    thresholds = thresholds_on(begun - timedelta(days=1)), thresholds_on(begun)
    least_bpm = min((row.edges[MODERATE_EDGE] for row in thresholds if row.valid), default=np.inf)
    if not any(_may_be_active(row, start_ms, end_ms, least_bpm) for row in window.columns):
        return False  # the usual case, at little cost
    moves = _moves(window, start_ms, end_ms)
    return any(len(moves.active(row)) > 0 for row in thresholds)


def _may_be_active(column: SampleColumn, start_ms: int, end_ms: int, least_bpm: float) -> bool:
    """Return whether a column has a sample in [start_ms, end_ms) that may make a minute active."""
    if column.metric == HEART:
        within = (column.t >= start_ms) & (column.t < end_ms)
        return bool((column.v[within] >= least_bpm).any())
    if column.metric != STEPS:
        return False
    # A count may have begun before, and holds for a while where no end is stated.
    ends = np.maximum(column.ends, column.t + BESIDE_MS)
    within = (column.t < end_ms) & (ends > start_ms)
    return bool((column.v[within] > 0).any())


def _moves(window: Window, start_ms: int, end_ms: int) -> Movement:
    """Return what the samples of a stretch tell of movement, from the full hours around it."""
    first, last = start_ms // HOUR_MS * HOUR_MS, -(-end_ms // HOUR_MS) * HOUR_MS
    near: list[SampleColumn] = []
    for column in current_columns(window.columns, window.workouts):
        if column.metric in _ACTIVITY:
            kept = (column.t >= first - BESIDE_MS) | (column.ends > first)
            near.append(column.where(kept & (column.t < last + BESIDE_MS)))
    by_metric = reported_series(near)
    resolved = {metric: resolve(metric, series) for metric, series in by_metric.items()}
    return movement_between(resolved, start_ms, end_ms)
