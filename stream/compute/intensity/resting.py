"""Resting heart rate from samples of the night.

Clinical definition section 2.2: the true minimum of a day lies between 03:00 and 07:00, and the
figure of a single night is noise. Most of the night must be covered, because the lowest of a few
worn minutes says little about the minimum. Resting heart rates that a vendor states are not used.
"""

from collections.abc import Mapping
from datetime import date, time

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS, local_instant
from model.facts import Instants, Values

NIGHT_FROM, NIGHT_UNTIL = time(3), time(7)  # Speed 2023: the minimum of a day lies in these hours
MEAN_OF_MIN = 5
COVERED_PERCENT = 80  # our default
NIGHTS = 7
NIGHTS_NEEDED = 3


def night_bounds(day: date, zone: str) -> tuple[int, int]:
    """Return [start, end) in epoch ms of 03:00 to 07:00 on a local date in an IANA zone.

    They are four hours apart, or three or five when clocks change in between. When 03:00 comes
    twice the first is meant; when it is skipped, the instant at which the clock jumps.
    """
    return local_instant(day, NIGHT_FROM, zone), local_instant(day, NIGHT_UNTIL, zone)


def night_hr(t: Instants, v: Values, day: date, zone: str) -> float | None:
    """Return the lowest mean heart rate of five consecutive minutes in the night of a local date.

    `t` int64[n] epoch ms, increasing; `v` float64[n] accepted heart rates in beats a minute; `zone`
    an IANA zone. Samples outside of the night are ignored. Each of the five minutes needs a sample,
    and all weigh the same, however many samples they have. None when fewer than 80 % of the minutes
    from 03:00 to 07:00 have a sample (192 of 240), or when no five minutes in a row have.
    """
    start_ms, end_ms = night_bounds(day, zone)
    low, high = np.searchsorted(t, (start_ms, end_ms))
    minute = (t[low:high] - start_ms) // MINUTE_MS
    length = (end_ms - start_ms) // MINUTE_MS
    count = np.bincount(minute, minlength=length)
    # In integers, so that exactly 80 % is enough on every machine.
    if 100 * np.count_nonzero(count) < COVERED_PERCENT * length:
        return None
    # `count` is 0 only where the sum is 0, so dividing by 1 there is harmless.
    sums = np.bincount(minute, weights=v[low:high], minlength=length)
    return _lowest(sums / np.maximum(count, 1), count > 0)


def _lowest(means: Values, worn: NDArray[np.bool_]) -> float | None:
    """Return the lowest mean of five consecutive worn minutes, None when there are none.

    The minutes are added directly. Differences of a running sum would be faster, but their rounding
    would depend on the minutes before.
    """
    windows = len(worn) - MEAN_OF_MIN + 1
    total, all_worn = means[:windows], worn[:windows]
    for later in range(1, MEAN_OF_MIN):
        total = total + means[later : later + windows]
        all_worn = all_worn & worn[later : later + windows]
    means_of_five = total[all_worn] / MEAN_OF_MIN
    return float(means_of_five.min()) if len(means_of_five) else None


def resting_heart_rate(nights: Mapping[date, float | None], on: date) -> float | None:
    """Return the resting heart rate on a local date: the median of the last seven valid nights.

    `nights` holds results of `night_hr` by date, None for a night that is not valid. The caller
    decides how far back they reach. None when fewer than three nights up to the date are valid.
    """
    valid = [value for day, value in sorted(nights.items()) if day <= on and value is not None]
    return float(np.median(valid[-NIGHTS:])) if len(valid) >= NIGHTS_NEEDED else None
