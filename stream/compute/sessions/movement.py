"""Judges whether a detected bout was exercise: heart rate alone is none.

Clinical definition section 3.3. Fever, an arrhythmia, a sauna or a stuck sensor raise a heart rate,
too. So a bout counts with movement in half of its minutes. Where no source tells of movement, it
counts when heart rate rose clearly above the half hour before, for a time that a person can train.
Everything is judged within a local date, so that a date can be derived by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from model.calendar import MINUTE_MS
from model.columns import runs
from model.facts import Instants, Values
from model.words.not_counted import FEW_STEPS, NO_MOVEMENT
from stream.compute.series.reported_columns import HEART, SPEED, STEPS
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.sessions.moving import STOPPED_M_S

_ACTIVE_STEPS = 100.0  # a minute: about 3 METs, clinical definition section 2.3
_MOST_STEPS = 250.0  # more at an instant is the sum of many minutes and does not show this minute
# Fewer steps a minute are gestures (below 20 is "incidental movement", Tudor-Locke 2011).
_MOVING_STEPS = 20.0
_FASTEST_M_S = 12.0  # faster for a minute is a vehicle, our default

# Our defaults where no source tells of movement.
_MOVING_SHARE = 0.5
_RISE_BPM = 20.0
_BEFORE_MIN = 30
_LONGEST_MIN = 180
_STUCK_MIN = 60  # no heart beats at one rate for an hour

_Resolved = Mapping[str, ResolvedMetric]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movement:
    """What the samples of a local date tell of movement, as increasing epoch minutes.

    `pulse` int64[n] are the minutes with heart rate and `pulse_bpm` float64[n] its means.
    `stepping` has the minutes with 100 steps or more, `moving` those with steps or speed at all.
    `with_speed` has the minutes for which a source tells the speed, 0 as well. `steps_stated` says
    that a source counted steps on the date.
    """

    pulse: Instants
    pulse_bpm: Values
    stepping: Instants
    moving: Instants
    with_speed: Instants
    steps_stated: bool

    def why_no_exercise(self, first: int, end: int) -> str:
        """Return why a bout in the epoch minutes [first, end) is no exercise, "" when it is."""
        if _within(self.moving, first, end) >= _MOVING_SHARE * (end - first):
            return ""
        if not _within(self.pulse, first, end):
            return FEW_STEPS
        return "" if self._is_shown_by_pulse(first, end) else NO_MOVEMENT

    def _is_shown_by_pulse(self, first: int, end: int) -> bool:
        """Return whether heart rate has to decide, and shows exercise."""
        # A watch that counts steps sends none while there are none, so any step of the date tells.
        if self.steps_stated or _within(self.with_speed, first - _BEFORE_MIN, end):
            return False
        before, during = self._bpm(first - _BEFORE_MIN, first), self._bpm(first, end)
        if end - first > _LONGEST_MIN or not len(before) or _is_stuck(during):
            return False
        # of half an hour's minutes, where numpy's own takes seven times as long
        usual: float = median(before.tolist())
        return float(during.mean()) >= usual + _RISE_BPM

    def _bpm(self, first: int, end: int) -> Values:
        low, high = np.searchsorted(self.pulse, (first, end))
        return self.pulse_bpm[low:high]


def movement_between(resolved: _Resolved, start: int, end: int) -> Movement:
    """Return what the samples in [start, end) (epoch ms, full minutes) tell of movement.

    Cadence tells nothing here: outside of a session on foot it counts strokes or turns of a crank,
    and within one there is no bout to detect.
    """
    steps, steps_a_minute = _sums(_within_date(resolved, STEPS, start, end))
    fast, speed = _means(_within_date(resolved, SPEED, start, end))
    pulse, pulse_bpm = _means(_within_date(resolved, HEART, start, end))
    # A rough road shakes a wrist as steps do, so nothing counts as steps in a vehicle.
    driven = fast[speed > _FASTEST_M_S]
    if len(driven):
        on_foot = ~np.isin(steps, driven, assume_unique=True)
        steps, steps_a_minute = steps[on_foot], steps_a_minute[on_foot]
    moves = (speed > STOPPED_M_S) & (speed <= _FASTEST_M_S)
    return Movement(
        pulse=pulse,
        pulse_bpm=pulse_bpm,
        stepping=steps[(steps_a_minute >= _ACTIVE_STEPS) & (steps_a_minute <= _MOST_STEPS)],
        moving=_both(steps[steps_a_minute >= _MOVING_STEPS], fast[moves]),
        with_speed=fast,
        steps_stated=STEPS in resolved and len(resolved[STEPS].within(start, end).t) > 0,
    )


def _both(a: Instants, b: Instants) -> Instants:
    """Return the minutes of both; most dates have one of them only, and nothing to sort."""
    return np.union1d(a, b) if len(a) and len(b) else a if len(a) else b


def _is_stuck(bpm: Values) -> bool:
    """Return whether means of minutes are all of one value, for an hour or more."""
    return len(bpm) >= _STUCK_MIN and bool((bpm == bpm[0]).all())


def _within(minutes: Instants, first: int, end: int) -> int:
    """Return how many of the minutes lie in [first, end)."""
    low, high = np.searchsorted(minutes, (first, end))
    return int(high - low)


def _within_date(resolved: _Resolved, metric: str, start: int, end: int) -> tuple[Instants, Values]:
    if metric not in resolved:
        return np.empty(0, np.int64), np.empty(0)
    series = resolved[metric].within(start, end)
    return series.t, series.v


def _sums(samples: tuple[Instants, Values]) -> tuple[Instants, Values]:
    """Return the epoch minutes with a sample, and the sum of the samples of each."""
    t, v = samples
    if not len(t):
        return samples
    minutes = t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], np.add.reduceat(v, first)


def _means(samples: tuple[Instants, Values]) -> tuple[Instants, Values]:
    """Return the epoch minutes with a sample, and the mean of the samples of each."""
    t, v = samples
    if not len(t):
        return samples
    minutes = t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], np.add.reduceat(v, first) / runs.lengths(first, len(v))
