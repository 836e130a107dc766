"""Columns of an invented heart, and of the cadence, speed and power that go with it.

Only numpy arrays from a random generator. The heart rate is mostly moderate during a session, and
below light outside of it. Readings are integers (1/min), as watches send them.
"""

import numpy as np
from numpy.typing import NDArray

from simulate.cast import Body

WARM_UP_S, COOL_DOWN_S = 240, 150
INTERVAL_EVERY_S, INTERVAL_S = 480, 45
GAP_CHANCE, GAP_MIN_S, GAP_MAX_S = 0.4, 40, 130
MISSED_MINUTES = 0.04


def session_heart(chance: np.random.Generator, body: Body, seconds: int) -> NDArray[np.float64]:
    """Return the readings of a session at 1 Hz (1/min), NaN in a gap.

    They have a warm-up, moderate effort with short harder intervals, and a cool-down.
    """
    t = np.arange(seconds, dtype=np.float64)
    middle, span = (body.low + body.high) / 2, body.high - body.low
    # sine and drift together stay within [low, high); only the intervals leave it
    effort = middle + 0.18 * span * np.sin(t / 90) + _drift(chance, seconds, 0.1 * span)
    effort[_interval(t)] += 0.45 * span
    ramp = np.minimum(np.minimum(t / WARM_UP_S, (seconds - t) / COOL_DOWN_S), 1.0)
    start = body.rest + 18
    beats = np.asarray(np.round(start + (effort - start) * ramp), dtype=np.float64)
    if chance.random() < GAP_CHANCE:
        length = int(chance.integers(GAP_MIN_S, GAP_MAX_S))
        at = int(chance.integers(WARM_UP_S, max(seconds - length, WARM_UP_S + 1)))
        beats[at : at + length] = np.nan
    return beats


def background_heart(chance: np.random.Generator, body: Body, minutes: int) -> NDArray[np.float64]:
    """Return a reading a minute of a day at ease (1/min), NaN where the watch missed it."""
    t = np.arange(minutes, dtype=np.float64)
    ease = body.rest + 10 + 5 * np.sin(t / 110) + _drift(chance, minutes, 4.0)
    beats = np.asarray(np.round(np.clip(ease, body.rest - 2, body.rest + 20)), dtype=np.float64)
    beats[chance.random(minutes) < MISSED_MINUTES] = np.nan
    return beats


def cadence(chance: np.random.Generator, seconds: int, *, usual: float) -> NDArray[np.float64]:
    """Return cadence around `usual`, in steps or turns a minute, at 1 Hz."""
    return np.asarray(np.round(usual + _drift(chance, seconds, 3.0)), dtype=np.float64)


def speed(chance: np.random.Generator, seconds: int, *, usual: float) -> NDArray[np.float64]:
    """Return speed around `usual`, in m/s at 1 Hz, never negative, to the millimetre."""
    return np.asarray(
        np.round(np.maximum(usual + _drift(chance, seconds, 0.1), 0), 3), dtype=np.float64
    )


def power(heart: NDArray[np.float64], body: Body) -> NDArray[np.float64]:
    """Return power at 1 Hz, in watts, that follows the heart rate; NaN where that is NaN."""
    return np.asarray(np.round(np.maximum(1.6 * (heart - body.rest), 0)), dtype=np.float64)


def _interval(t: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (t > WARM_UP_S) & (t % INTERVAL_EVERY_S < INTERVAL_S)


def _drift(chance: np.random.Generator, n: int, scale: float) -> NDArray[np.float64]:
    """Return `n` values that wander slowly within about ±`scale`.

    Knots 60 values apart are joined by lines, with a little noise added.
    """
    knots = chance.normal(0, scale / 2, n // 60 + 2)
    wander = np.interp(np.arange(n), np.arange(len(knots)) * 60, knots)
    return np.asarray(np.clip(wander, -scale, scale) + chance.normal(0, 0.5, n), dtype=np.float64)
