"""What Google Health is asked for: the points of a data type in a window of time, page by page.

Announcements, the past of an account and next pages make the same requests. Whoever reads an answer
knows the key of its fetch but not its query, so the key holds what the query is made of. Pure: it
asks nobody, and a body decides about no path.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from model.calendar import DAY_MS, HOUR_MS, rfc3339
from model.received import Fetch
from model.vendors.rhythm_notices import NOTICE_NAMES

GOOGLE_FORMAT = "google_health"
MOST_PAGES = (
    2_000  # of one window; a vendor that always names a next page must not be asked forever
)
# A page of figures of dates must not have more dates than a body may touch.
_LONGEST_MS = 31 * DAY_MS
MOST_WINDOW_MS = 3_660 * DAY_MS
# A local clock may be so far behind and ahead of UTC.
_BEHIND_MS, _AHEAD_MS = 12 * HOUR_MS, 14 * HOUR_MS
_SECOND_MS = 1_000
# The clock, the bounds in epoch ms, the mark of a deletion, and the page from the second one on.
_KEY = re.compile(r"([pc])([0-9]{1,15})-([0-9]{1,15})(?:d([0-9]{1,9}))?(?:~([0-9]{1,6}))?")


class PointShape(StrEnum):
    """How the points of a data type lie in time."""

    SAMPLE = "sample"
    INTERVAL = "interval"
    DAILY = "daily"
    EXERCISE = "exercise"
    SLEEP = "sleep"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The fields by which Google finds points: of the physical clock ("": none) and of the local.

    `page` is how many points one answer has at most.
    """

    physical: str
    civil: str
    page: int = 5_000


FILTERS: Mapping[PointShape, Filter] = {
    PointShape.SAMPLE: Filter(physical="sample_time.physical_time", civil="sample_time.civil_time"),
    PointShape.INTERVAL: Filter(physical="interval.start_time", civil="interval.civil_start_time"),
    PointShape.DAILY: Filter(physical="", civil="date"),
    PointShape.EXERCISE: Filter(physical="", civil="interval.civil_start_time", page=25),
    PointShape.SLEEP: Filter(
        physical="interval.end_time", civil="interval.civil_end_time", page=25
    ),
    PointShape.NOTICE: Filter(physical="", civil="interval.civil_start_time", page=25),
}
# The data types that are asked for. Calories in total are not among them: Google computes them for
# the window that is asked for, so that each window would give another figure.
SHAPES: Mapping[str, PointShape] = {
    "heart-rate": PointShape.SAMPLE,
    "heart-rate-variability": PointShape.SAMPLE,
    "steps": PointShape.INTERVAL,
    "distance": PointShape.INTERVAL,
    "floors": PointShape.INTERVAL,
    "active-energy-burned": PointShape.INTERVAL,
    "active-zone-minutes": PointShape.INTERVAL,
    "active-minutes": PointShape.INTERVAL,
    "activity-level": PointShape.INTERVAL,
    "weight": PointShape.SAMPLE,
    "vo2-max": PointShape.SAMPLE,
    "run-vo2-max": PointShape.SAMPLE,
    "daily-resting-heart-rate": PointShape.DAILY,
    "daily-heart-rate-variability": PointShape.DAILY,
    "daily-vo2-max": PointShape.DAILY,
    "exercise": PointShape.EXERCISE,
    "sleep": PointShape.SLEEP,
    NOTICE_NAMES[GOOGLE_FORMAT].verbatim: PointShape.NOTICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """[low, high) in epoch ms. `is_civil`: of a local clock that is read as if it were UTC."""

    low_ms: int
    high_ms: int
    is_civil: bool = False

    def civil(self) -> "TimeWindow":
        """Return a window of the local clock that holds this one in every zone."""
        if self.is_civil:
            return self
        # wider on both sides: what is found too much replaces itself, what is missed stays missing
        low, high = max(0, self.low_ms - _BEHIND_MS), self.high_ms + _AHEAD_MS
        return TimeWindow(low_ms=low, high_ms=high, is_civil=True)

    def steps(self) -> Iterator["TimeWindow"]:
        """Yield the window in steps of at most 31 days."""
        low = self.low_ms
        while low < self.high_ms:
            # steps meet and do not overlap, or a point at a bound would be fetched twice
            high = min(low + _LONGEST_MS, self.high_ms)
            yield TimeWindow(low_ms=low, high_ms=high, is_civil=self.is_civil)
            low = high


def fetches_of(account: str, data_type: str, window: TimeWindow, mark: str = "") -> Iterator[Fetch]:
    """Yield what to ask for to have the points of a followed data type in a window.

    `mark` are digits that set apart what is asked for after a deletion (see `mark_of`).
    """
    # Sessions and dates can only be found by the local clock, whose zone nobody here knows.
    needs_civil = not FILTERS[SHAPES[data_type]].physical
    for step in (window.civil() if needs_civil else window).steps():
        clock = "c" if step.is_civil else "p"
        key = f"{clock}{step.low_ms}-{step.high_ms}{f'd{mark}' if mark else ''}"
        yield _fetch(account, data_type, key, step, ())


def mark_of(answered: Fetch) -> str:
    """Return the mark of a fetch that a deletion announced, "" for every other one."""
    parts = _KEY.fullmatch(answered.key)
    return (parts[4] or "") if parts else ""


def next_page(answered: Fetch, token: str) -> Fetch | None:
    """Return the fetch of the page behind an answered one; None where there can be none."""
    parts = _KEY.fullmatch(answered.key)
    if parts is None or answered.resource not in SHAPES:
        return None
    # The number, not the token: a page that is announced again has another token.
    page = int(parts[5] or 1) + 1
    if page > MOST_PAGES:
        return None
    key = f"{answered.key.partition('~')[0]}~{page}"
    window = TimeWindow(low_ms=int(parts[2]), high_ms=int(parts[3]), is_civil=parts[1] == "c")
    return _fetch(answered.account, answered.resource, key, window, (("pageToken", token),))


def _fetch(
    account: str, data_type: str, key: str, window: TimeWindow, more: tuple[tuple[str, str], ...]
) -> Fetch:
    shape = FILTERS[SHAPES[data_type]]
    field = f"{data_type.replace('-', '_')}.{shape.civil if window.is_civil else shape.physical}"
    low, high = _bounds(SHAPES[data_type], window)
    wanted = f'{field} >= "{low}" AND {field} < "{high}"'
    return Fetch(
        account=account,
        resource=data_type,
        key=key,
        path=f"/v4/users/me/dataTypes/{data_type}/dataPoints",
        query=(("filter", wanted), ("pageSize", str(shape.page)), *more),
        format=GOOGLE_FORMAT,
    )


def _bounds(shape: PointShape, window: TimeWindow) -> tuple[str, str]:
    """Return the bounds of a filter as Google writes them; the second is not included."""
    low, high = rfc3339(window.low_ms), rfc3339(window.high_ms)
    if shape is PointShape.DAILY:
        # a date that the window only begins is included as well
        return low[:10], rfc3339(window.high_ms - 1 + DAY_MS)[:10]
    if shape is PointShape.SLEEP:
        # found by its end, which is the end of the window that announces it
        high = rfc3339(window.high_ms + _SECOND_MS)
    if window.is_civil:
        return low.removesuffix("Z"), high.removesuffix("Z")
    return low, high
