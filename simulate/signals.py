"""Columns of an invented heart and of what moves with it: numpy arrays from a generator, nothing else.

Heart rate stays where the plan wants it: mostly moderate during a session, below light outside it. Readings are
whole beats a minute, as watches send them.
"""

import numpy as np
from numpy.typing import NDArray

from simulate.cohort import Body

WARM_UP_S, COOL_DOWN_S = 240, 150
INTERVAL_EVERY_S, INTERVAL_S = 480, 45
GAP_CHANCE, GAP_MIN_S, GAP_MAX_S = 0.4, 40, 130
MISSED_MINUTES = 0.04


def session_heart(chance: np.random.Generator, body: Body, seconds: int) -> NDArray[np.float64]:
    """Return readings at 1 Hz (1/min): warm-up, moderate effort with short intervals, cool-down; NaN in a gap."""
    t = np.arange(seconds, dtype=np.float64)
    middle, span = (body.low + body.high) / 2, body.high - body.low
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
    """Return one reading a minute of a day at ease (1/min); NaN where the watch had none."""
    t = np.arange(minutes, dtype=np.float64)
    ease = body.rest + 10 + 5 * np.sin(t / 110) + _drift(chance, minutes, 4.0)
    beats = np.asarray(np.round(np.clip(ease, body.rest - 2, body.rest + 20)), dtype=np.float64)
    beats[chance.random(minutes) < MISSED_MINUTES] = np.nan
    return beats


def cadence(chance: np.random.Generator, seconds: int, *, usual: float) -> NDArray[np.float64]:
    """Return steps or turns a minute at 1 Hz around `usual`."""
    return np.asarray(np.round(usual + _drift(chance, seconds, 3.0)), dtype=np.float64)


def speed(chance: np.random.Generator, seconds: int, *, usual: float) -> NDArray[np.float64]:
    """Return metres a second at 1 Hz around `usual`, never negative, to the millimetre."""
    return np.asarray(
        np.round(np.maximum(usual + _drift(chance, seconds, 0.1), 0), 3), dtype=np.float64
    )


def power(heart: NDArray[np.float64], body: Body) -> NDArray[np.float64]:
    """Return watts at 1 Hz that follow the heart rate; NaN with it."""
    return np.asarray(np.round(np.maximum(1.6 * (heart - body.rest), 0)), dtype=np.float64)


def _interval(t: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (t > WARM_UP_S) & (t % INTERVAL_EVERY_S < INTERVAL_S)


def _drift(chance: np.random.Generator, n: int, scale: float) -> NDArray[np.float64]:
    """Return a slow wander of about ±`scale`: knots a minute apart, joined by lines, with a little noise."""
    knots = chance.normal(0, scale / 2, n // 60 + 2)
    wander = np.interp(np.arange(n), np.arange(len(knots)) * 60, knots)
    return np.asarray(np.clip(wander, -scale, scale) + chance.normal(0, 0.5, n), dtype=np.float64)
