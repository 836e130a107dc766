"""Resting heart rate from what was worn at night. Never mixes in a figure that a vendor calls resting heart rate.

Clinical definition section 2.2: the day's true minimum lies between 03:00 and 07:00, and a figure of one night is
noise. Coverage is meant of the whole night: the lowest of a few worn minutes says little about the minimum.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS, epoch_ms
from model.facts import Instants, Values

FROM, UNTIL = time(3), time(7)
WINDOW_MIN = 5
COVERED_PERCENT = 80
NIGHTS = 7
NIGHTS_NEEDED = 3


@lru_cache(maxsize=65_536)
def night_bounds(day: date, zone: str) -> tuple[int, int]:
    """Return [start, end) in epoch ms of 03:00 to 07:00 on a local date: four hours, or three or five when clocks move.

    A 03:00 that comes twice is the first one; one that is skipped is the instant at which the clock jumps.
    """
    start, end = (
        epoch_ms(datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)) for at in (FROM, UNTIL)
    )
    return start, end


def night_hr(t: Instants, v: Values, day: date, zone: str) -> float | None:
    """Return the lowest mean heart rate of five consecutive minutes in the night of a local date, in beats a minute.

    `t` int64[n] epoch ms, increasing, `v` float64[n] accepted beats a minute; what lies outside the night is ignored.
    Each of the five minutes needs a sample and weighs the same, however many it has. None when fewer than 80 % of the
    minutes from 03:00 to 07:00 have a sample (192 of 240), or no five in a row have.
    """
    start_ms, end_ms = night_bounds(day, zone)
    low, high = np.searchsorted(t, (start_ms, end_ms))
    minute = (t[low:high] - start_ms) // MINUTE_MS
    length = (end_ms - start_ms) // MINUTE_MS
    count = np.bincount(minute, minlength=length)
    if 100 * np.count_nonzero(count) < COVERED_PERCENT * length:
        return None
    return _lowest(
        np.bincount(minute, weights=v[low:high], minlength=length) / np.maximum(count, 1), count > 0
    )


def _lowest(means: Values, worn: NDArray[np.bool_]) -> float | None:
    count = len(worn) - WINDOW_MIN + 1
    total = np.logical_and.reduce([worn[n : n + count] for n in range(WINDOW_MIN)])
    five = (
        sum((means[n : n + count] for n in range(1, WINDOW_MIN)), start=means[:count])[total]
        / WINDOW_MIN
    )
    return float(five.min()) if len(five) else None


def resting_heart_rate(nights: Mapping[date, float | None], on: date) -> float | None:
    """Return the resting heart rate on a local date: the median of the last seven valid nights up to it.

    `nights` are figures of `night_hr` by date, None for a night that is not valid; the caller decides how far back
    they reach. None with fewer than three valid nights.
    """
    valid = [value for day, value in sorted(nights.items()) if day <= on and value is not None]
    return float(np.median(valid[-NIGHTS:])) if len(valid) >= NIGHTS_NEEDED else None
