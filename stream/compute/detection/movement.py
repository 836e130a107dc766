"""Judges whether a detected bout was exercise: heart rate alone is none.

Clinical definition section 3.3. Fever, an arrhythmia, a sauna or a stuck sensor raise a heart rate,
too. So a bout counts with movement in half of its minutes. Where no source tells of movement, it
counts when heart rate rose clearly above the half hour before, for a time that a person can train.
Whether a source counts steps is judged for a local date, so that a date can be derived without the
others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from model.calendar import MINUTE_MS
from model.columns import runs
from model.facts import Instants, Values
from model.intensity import ZoneThresholds
from model.words.not_counted import FEW_STEPS, NO_MOVEMENT
from stream.compute.detection.bouts import MinuteRange
from stream.compute.series.reported_columns import HEART, SPEED, STEPS
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.sessions.moving import STOPPED_M_S

BEFORE_MIN = 30  # a bout's heart rate is compared with that of so long before it
MODERATE_EDGE = 1  # position of the lower edge of moderate in `ZoneThresholds.edges`

_ACTIVE_STEPS = 100.0  # a minute: about 3 METs, clinical definition section 2.3
_MOST_STEPS = 250.0  # more at an instant is the sum of many minutes and does not show this minute
# Fewer steps a minute are gestures (below 20 is "incidental movement", Tudor-Locke 2011).
_MOVING_STEPS = 20.0
_FASTEST_M_S = 12.0  # faster for a minute is a vehicle, our default

# Our defaults where no source tells of movement.
_MOVING_SHARE = 0.5
_RISE_BPM = 20.0
_LONGEST_MIN = 180
_STUCK_MIN = 60  # no heart beats at one rate for an hour

_Resolved = Mapping[str, ResolvedMetric]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movement:
    """What the samples of a stretch of time tell of movement, as increasing epoch minutes.

    `pulse` int64[n] are the minutes with heart rate and `pulse_bpm` float64[n] its means.
    `stepping` has the minutes with 100 steps or more, `moving` those with steps or speed at all.
    `with_speed` has the minutes for which a source tells the speed, and `with_steps` those for
    which one counts steps, 0 as well. `of_date` is the part of the stretch that lies on the date of
    its bouts, [first, end). What is before `since` is not compared with a bout.
    """

    pulse: Instants
    pulse_bpm: Values
    stepping: Instants
    moving: Instants
    with_speed: Instants
    with_steps: Instants
    of_date: MinuteRange
    since: int

    def active(self, thresholds: ZoneThresholds) -> Instants:
        """Return the minutes of at least moderate heart rate, and those with 100 steps or more."""
        # Either shows activity: a pulse says nothing with some drugs, and steps nothing on a bike.
        return _both(self._raised(thresholds), self.stepping)

    def active_moving(self, thresholds: ZoneThresholds) -> Instants:
        """Return the active minutes with movement."""
        raised = np.intersect1d(self._raised(thresholds), self.moving)
        return np.union1d(raised, self.stepping)

    def _raised(self, thresholds: ZoneThresholds) -> Instants:
        if not thresholds.valid:
            return self.pulse[:0]
        return self.pulse[self.pulse_bpm >= thresholds.edges[MODERATE_EDGE]]

    def is_moving(self, first: int, end: int) -> bool:
        """Return whether half of the epoch minutes [first, end) have movement."""
        return _within(self.moving, first, end) >= _MOVING_SHARE * (end - first)

    def why_no_exercise(self, first: int, end: int) -> str:
        """Return why a bout in the epoch minutes [first, end) is no exercise, "" when it is."""
        if self.is_moving(first, end):
            return ""
        if not _within(self.pulse, first, end):
            return FEW_STEPS
        return "" if self._is_shown_by_pulse(first, end) else NO_MOVEMENT

    def _is_shown_by_pulse(self, first: int, end: int) -> bool:
        """Return whether heart rate has to decide, and shows exercise."""
        # A watch that counts steps sends none while there are none, so any step of the date tells.
        if _within(self.with_steps, *self.of_date) or _within(self.with_steps, first, end):
            return False
        since = max(first - BEFORE_MIN, self.since)
        if _within(self.with_speed, since, end):
            return False
        before, during = self._bpm(since, first), self._bpm(first, end)
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

    The stretch counts as one date; who reads beyond a date sets `of_date` and `since`. Cadence
    tells nothing here: outside of a session on foot it counts strokes or turns of a crank, and
    within one there is no bout to detect.
    """
    with_steps, steps_a_minute = _sums(_samples_between(resolved, STEPS, start, end))
    fast, speed = _means(_samples_between(resolved, SPEED, start, end))
    pulse, pulse_bpm = _means(_samples_between(resolved, HEART, start, end))
    steps = with_steps
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
        with_steps=with_steps,
        of_date=(start // MINUTE_MS, end // MINUTE_MS),
        since=start // MINUTE_MS,
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


def _samples_between(
    resolved: _Resolved, metric: str, start: int, end: int
) -> tuple[Instants, Values]:
    if metric not in resolved:
        return np.empty(0, np.int64), np.empty(0)
    series = resolved[metric].within(start, end)
    return series.t, series.v


def _sums(samples: tuple[Instants, Values]) -> tuple[Instants, Values]:
    """Return the epoch minutes with a sample, and the sum of the samples of each."""
    t, v = samples
    minutes = t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], np.add.reduceat(v, first)


def _means(samples: tuple[Instants, Values]) -> tuple[Instants, Values]:
    """Return the epoch minutes with a sample, and the mean of the samples of each."""
    minutes, sums = _sums(samples)
    _, counts = _sums((samples[0], np.ones(len(samples[0]))))
    return minutes, sums / counts
