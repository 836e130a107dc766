"""Google's cues: what changed becomes fetches, what was deleted is taken back. Pure.

    [{"data": {"healthUserId": ..., "operation": "UPSERT", "dataType": "steps",
               "intervals": [{"physicalTimeInterval": {"startTime": ..., "endTime": ...}, ...}]}}]

A deletion has no time of its own: it takes back what was stated until its receipt. Its interval is
asked for anew as well, because points of other sources in it may still hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from model.calendar import DAY_MS
from model.errors import BodyError
from model.facts import Deletion, Fact, Head, RejectKind, Source
from model.received import Notice, NoticeKind, Part, ReaderItem
from model.storable import LAST_MS
from model.vendors.google_windows import MOST_WINDOW_MS, PointShape, TimeWindow, fetches_of
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    list_of,
    object_of,
    rejects,
    text,
)
from parsers.stated_once import dumps_once
from parsers.vendors.google_health.exercises import record_named
from parsers.vendors.google_health.names import (
    DAILY_TYPES,
    GOOGLE_NOTICES,
    GOOGLE_VENDOR,
    METRICS_OF,
    TYPE_BY_NAME,
    TYPES_NOT_FOLLOWED,
    DataType,
)
from parsers.vendors.google_health.points import day_record
from parsers.vendors.google_health.rhythm import RHYTHM_KIND
from parsers.vendors.google_health.times import civil_ms, offset_between
from parsers.vendors.request_note import REQUEST_MEMBER, hour_mark

_MOST_NOTIFICATIONS = 20_000
_MOST_INTERVALS = 1_000  # of one notification
_MOST_IN_BODY = 20_000
_MOST_DELETED_DAYS = 400
_PHYSICAL, _SHOWN, _WRITTEN = (
    "physicalTimeInterval",
    "civilDateTimeInterval",
    "civilIso8601TimeInterval",
)
_SOURCE = Source(vendor=GOOGLE_VENDOR)
_KIND = {PointShape.EXERCISE: "exercise", PointShape.SLEEP: "sleep", PointShape.NOTICE: RHYTHM_KIND}
# A notice about rhythm may be made days after what it rests on, and seen later still.
_NOTICED_MS = 7 * DAY_MS


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


@dataclass(slots=True)
class _Account:
    """What a body holds of one user: its deletions, and the notifications that state them."""

    facts: dict[str, Fact] = field(default_factory=dict)
    errors: list[Unreadable] = field(default_factory=list)
    written: list[object] = field(default_factory=list)
    is_known: bool = False


def read_notifications(entries: Sequence[object], received_ms: int) -> Iterator[ReaderItem]:
    """Yield fetches and notices as they come, then a Part for each user with deletions.

    `received_ms` is epoch ms.
    """
    if len(entries) > _MOST_NOTIFICATIONS or sum(map(_length, entries)) > _MOST_IN_BODY:
        raise BodyError("body", "more notifications than are read", RejectKind.TOO_MUCH)
    accounts: dict[str, _Account] = {}
    mark, is_dated = hour_mark(received_ms), any(map(_is_mark, entries))
    for index, entry in enumerate(entries):
        try:
            if not _is_mark(entry):
                yield from _notification(entry, f"[{index}]", accounts, mark)
        except Unreadable as error:
            yield rejects([error])[0]
    # A body of several users is divided, so that nothing of others is sealed with a user's key.
    several = len(accounts) > 1
    for account, own in accounts.items():
        if own.facts or own.errors or own.is_known:
            # A deletion has no time of its own. The mark makes another body of the same words hours
            # later: what was recorded between the two is deleted as well.
            dated = [{REQUEST_MEMBER: mark}] if own.facts and not is_dated else []
            kept = dumps_once([*own.written, *dated]) if several or dated else None
            yield Part(
                account=account,
                facts=tuple(own.facts.values()),
                rejects=rejects(own.errors),
                kept=kept,
            )


def _length(entry: object) -> int:
    """Return how many intervals a notification lists; 0 for what is no notification."""
    data = entry.get("data") if isinstance(entry, dict) else None
    listed = data.get("intervals") if isinstance(data, dict) else None
    return len(listed) if isinstance(listed, list) else 0


def _is_mark(entry: object) -> bool:
    return isinstance(entry, dict) and entry.keys() == {REQUEST_MEMBER}


def _notification(
    entry: object, where: str, accounts: dict[str, _Account], hour: str
) -> Iterator[ReaderItem]:
    written = object_of(entry, where)
    if written.get("type") == "verification":
        yield Notice(account="", kind=NoticeKind.PING)
        return
    data = object_of(written.get("data"), f"{where}.data")
    account = text(data.get("healthUserId"), f"{where}.data.healthUserId")
    own = accounts.setdefault(account, _Account())
    # filters name a type with underscores and lists with hyphens: either is taken
    name = text(data.get("dataType"), f"{where}.data.dataType").lower().replace("_", "-")
    operation = text(data.get("operation"), f"{where}.data.operation")
    if name in TYPES_NOT_FOLLOWED:
        # kept as it came and never analysed
        own.is_known = True
        own.written.append(entry)
        return
    row = TYPE_BY_NAME.get(name)
    if row is None or operation not in ("UPSERT", "DELETE"):
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)
        return
    # the same interval may be listed twice
    intervals = list(dict.fromkeys(_intervals(data, f"{where}.data", own.errors)))
    # nothing could be asked for, and nothing but a record that is named could be taken back
    named = "" if operation == "UPSERT" else _deleted_record(row, data)
    if data.get("intervals") == [] and not named:
        own.errors.append(Unreadable(f"{where}.data.intervals", "no interval"))
    if operation == "DELETE":
        own.written.append(entry)
        for fact in _deletions(row, data, intervals, f"{where}.data", own.errors):
            # and so may another notification of the body
            own.facts.setdefault(fact.head.record, fact)
    # An answer with the very bytes of one before the deletion would count as that one, come
    # again, and stay hidden. The mark makes another of it; a repetition has the same mark.
    mark = hour if operation == "DELETE" else ""
    # a deletion is asked for as well: see the head of this module
    for interval in intervals:
        yield from fetches_of(account, row.name, interval.window, mark)
        if row.name in DAILY_TYPES and operation == "UPSERT":
            yield from fetches_of(account, GOOGLE_NOTICES, _with_week_before(interval.window))


def _with_week_before(window: TimeWindow) -> TimeWindow:
    """Return a window with the week before it."""
    return replace(window, low_ms=max(0, window.low_ms - _NOTICED_MS))


def _intervals(data: JsonObject, where: str, errors: list[Unreadable]) -> Iterator[NoticeInterval]:
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


def _deletions(
    row: DataType,
    data: JsonObject,
    intervals: Sequence[NoticeInterval],
    where: str,
    errors: list[Unreadable],
) -> Iterator[Deletion]:
    """Yield what a deletion takes back: the record that it names, else what its intervals hold."""
    named = _deleted_record(row, data)
    stated = data.get("recordId")
    if not named and stated is not None and row.shape in _KIND:
        # what its intervals hold is taken back instead, and asked for anew
        errors.append(Unreadable(f"{where}.recordId", "not the id of a record"))
    if named:
        # the record alone says what is gone, so its time need not be known
        at = intervals[0].low_ms if intervals and not intervals[0].is_civil else 0
        yield Deletion(head=_head(f"deleted {named}", (at, at)), target=named)
        return
    for interval in intervals:
        if row.shape is PointShape.DAILY:
            yield from _deleted_days(row, interval)
        elif interval.is_civil:
            # Nothing says where that clock is: what holds is asked for, and nothing is hidden.
            why = "a deletion by a local clock without an offset, which cannot be placed"
            errors.append(Unreadable(where, why, RejectKind.UNKNOWN))
        else:
            yield from _deleted_intervals(interval, METRICS_OF[row.name])


def _deleted_record(row: DataType, data: JsonObject) -> str:
    """Return the record that a deletion names, "" for none and for what has no name that stays."""
    kind = _KIND.get(row.shape, "")
    return record_named(kind, data.get("recordId")) if kind else ""


def _deleted_intervals(interval: NoticeInterval, metrics: Sequence[str]) -> Iterator[Deletion]:
    # Without an end only what begins at that instant is known to be deleted.
    end_ms = interval.low_ms + 1 if interval.high_ms is None else interval.high_ms
    span = interval.low_ms, min(max(end_ms, interval.low_ms + 1), LAST_MS - 1)
    for metric in metrics:
        record = f"deleted {metric} {span[0]}-{span[1]}"
        yield Deletion(head=_head(record, span, interval.offset), metric=metric)


def _deleted_days(row: DataType, interval: NoticeInterval) -> Iterator[Deletion]:
    """Yield the deletions of the figures of the dates that an interval holds."""
    shift_ms = (interval.offset or 0) * 60_000
    low = (interval.low_ms + shift_ms) // DAY_MS
    end_ms = interval.low_ms + 1 if interval.high_ms is None else interval.high_ms
    high = max(low, (end_ms + shift_ms - 1) // DAY_MS)
    for number in range(low, min(high, low + _MOST_DELETED_DAYS) + 1):
        day = date.fromordinal(_EPOCH_DAY + number)
        record = day_record(row.name, str(day))
        at = number * DAY_MS
        yield Deletion(head=_head(f"deleted {record}", (at, at)), target=record)


def _head(record: str, span: tuple[int, int], offset: int | None = None) -> Head:
    return head(_SOURCE, record, 0, span, offset)


_EPOCH_DAY = date(1970, 1, 1).toordinal()
