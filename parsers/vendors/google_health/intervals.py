"""The intervals of a notification of Google Health, by the clocks that it states. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from model.calendar import DAY_MS
from model.facts import RejectKind
from model.vendors.google_windows import MOST_WINDOW_MS, TimeWindow
from parsers.fields import JsonObject, Unreadable, instant_of, list_of, object_of
from parsers.vendors.google_health.times import civil_ms, offset_between

_MOST_INTERVALS = 1_000  # of one notification
_PHYSICAL, _SHOWN, _WRITTEN = (
    "physicalTimeInterval",
    "civilDateTimeInterval",
    "civilIso8601TimeInterval",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeInterval:
    """An interval of a notification, in epoch ms; `high_ms` is None where it has no end.

    `offset` is that of the local clock in minutes, None where only one of the clocks is stated.
    """

    low_ms: int
    high_ms: int | None
    is_civil: bool
    offset: int | None = None

    @property
    def window(self) -> TimeWindow:
        """Return what is asked for: without an end, the day that begins with it."""
        # Google may leave the end out, and an empty window would find nothing
        high_ms = self.low_ms + DAY_MS if self.high_ms is None else self.high_ms
        return TimeWindow(
            low_ms=self.low_ms, high_ms=max(high_ms, self.low_ms + 1), is_civil=self.is_civil
        )


def intervals_of(
    data: JsonObject, where: str, errors: list[Unreadable]
) -> Iterator[NoticeInterval]:
    """Yield the intervals of a notification; early ones have one, directly in it."""
    listed = data.get("intervals")
    entries = [data] if listed is None else list_of(listed, f"{where}.intervals")
    if len(entries) > _MOST_INTERVALS:
        raise Unreadable(f"{where}.intervals", "more than are read", RejectKind.TOO_MUCH)
    for index, entry in enumerate(entries):
        at = where if listed is None else f"{where}.intervals[{index}]"
        try:
            yield _interval(object_of(entry, at), at)
        except Unreadable as error:
            errors.append(error)


def interval_count(entry: object) -> int:
    """Return how many intervals a notification lists; 0 for what is no notification."""
    data = entry.get("data") if isinstance(entry, dict) else None
    listed = data.get("intervals") if isinstance(data, dict) else None
    return len(listed) if isinstance(listed, list) else 0


def _interval(entry: JsonObject, where: str) -> NoticeInterval:
    """Return an interval by its physical clock, or by its local one where that is all it has."""
    # Both clocks are read, so that a deletion knows the dates of its patient.
    civil = _civil(entry, where)
    if entry.get(_PHYSICAL) is None:
        if civil is None:
            raise Unreadable(f"{where}.{_PHYSICAL}", "no interval")
        return civil
    at = f"{where}.{_PHYSICAL}"
    times = object_of(entry[_PHYSICAL], at)
    low, _ = instant_of(times.get("startTime"), f"{at}.startTime")
    high = None
    if times.get("endTime") is not None:
        high, _ = instant_of(times["endTime"], f"{at}.endTime")
    offset = None if civil is None else _offset(low, civil.low_ms, where)
    return _checked(NoticeInterval(low_ms=low, high_ms=high, is_civil=False, offset=offset), at)


def _offset(low_ms: int, shown_ms: int, where: str) -> int | None:
    # The offset only helps to name dates, so a clock that does not fit is left out.
    try:
        return offset_between(low_ms, shown_ms, where)
    except Unreadable:
        return None


def _civil(entry: JsonObject, where: str) -> NoticeInterval | None:
    for name, start, end in (
        (_WRITTEN, "startTime", "endTime"),
        (_SHOWN, "startDateTime", "endDateTime"),
    ):
        if entry.get(name) is None:
            continue
        at = f"{where}.{name}"
        times = object_of(entry[name], at)
        low = civil_ms(times.get(start), f"{at}.{start}")
        high = None if times.get(end) is None else civil_ms(times[end], f"{at}.{end}")
        return _checked(NoticeInterval(low_ms=low, high_ms=high, is_civil=True), at)
    return None


def _checked(interval: NoticeInterval, where: str) -> NoticeInterval:
    if interval.high_ms is not None and interval.high_ms < interval.low_ms:
        raise Unreadable(where, "ends before it begins", RejectKind.RANGE)
    if interval.high_ms is not None and interval.high_ms - interval.low_ms > MOST_WINDOW_MS:
        raise Unreadable(where, "longer than ten years", RejectKind.TOO_MUCH)
    return interval
