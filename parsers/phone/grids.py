"""How long the values of a phone's export hold: a reading, or the mean or sum of a minute or more.

An app groups values before it sends them, as its user chose, and tells so in a header. Files have
no header; then the times show it. A mean over an hour must never pass as a reading. Pure.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from parsers.local_times.moments import Moment


class Grouping(NamedTuple):
    """A length of time (ms) that each value of a list holds, with its word in sources."""

    ms: int
    word: str


UNGROUPED = Grouping(0, "")  # values as they were recorded
MINUTES = Grouping(MINUTE_MS, "minutes")
HOURS = Grouping(HOUR_MS, "hours")
DAYS = Grouping(DAY_MS, "days")
LONGER = Grouping(7 * DAY_MS, "weeks or longer")
_FROM_COARSE = (DAYS, HOURS, MINUTES)

# What the app calls its groupings, in lower case; its default depends on the series.
_STATED: dict[str, Grouping] = {
    "none": UNGROUPED,
    "off": UNGROUPED,
    "seconds": UNGROUPED,
    "second": UNGROUPED,
    "minutes": MINUTES,
    "minute": MINUTES,
    "hours": HOURS,
    "hour": HOURS,
    "hourly": HOURS,
    "days": DAYS,
    "day": DAYS,
    "daily": DAYS,
    "weeks": LONGER,
    "week": LONGER,
    "weekly": LONGER,
    "months": LONGER,
    "month": LONGER,
    "monthly": LONGER,
    "years": LONGER,
    "year": LONGER,
    "yearly": LONGER,
}
_DEFAULT = "default"
_CLOCK_CHANGE = 0.9  # the shortest day has 23 of 24 hours, the shortest month 28 of 31 days
_FEW = 3  # so many values a whole number of minutes apart are grouped by minutes


def stated_grid(word: str, by_default: Grouping) -> Grouping | None:
    """Return the grid that a header names, None where it names none that is known.

    `by_default` is what the app's default means for the series.
    """
    word = word.strip().lower()
    return by_default if word == _DEFAULT else _STATED.get(word)


def grid_of(moments: Iterable[Moment], stated: Grouping | None) -> Grouping:
    """Return how long each of the values at some moments holds.

    `stated` counts unless the values come closer together than it allows. Where nothing is stated,
    it is the coarsest grid on which all of the clock times lie. One value on a full hour shows no
    hours; one at midnight is that of a day, because a minute there is seldom alone.
    """
    shown = _shown(moments)
    if not len(shown):
        return stated or UNGROUPED
    apart = np.diff(shown)
    if stated is not None and not bool((apart < stated.ms * _CLOCK_CHANGE).any()):
        return stated
    for grid in _FROM_COARSE:
        if not bool((shown % grid.ms).any()):
            return MINUTES if grid is HOURS and not len(apart) else grid
    by_minutes = len(shown) >= _FEW and not bool((apart % MINUTE_MS).any())
    return MINUTES if by_minutes else UNGROUPED


def _shown(moments: Iterable[Moment]) -> NDArray[np.int64]:
    """Return what the clocks showed, each once; in UTC where no clock is known."""
    known = list(moments)
    shown = [moment.local_ms for moment in known if moment.local_ms is not None]
    return np.unique(np.array(shown or [moment.ms for moment in known], np.int64))
