"""What a deletion of Google Health takes back: a named record, or what intervals hold. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from model.calendar import DAY_MS
from model.facts import Deletion, Head, RejectKind, Source
from model.storable import LAST_MS
from model.vendors.google_windows import PointShape
from parsers.fields import JsonObject, Unreadable, head
from parsers.vendors.google_health.exercises import record_named
from parsers.vendors.google_health.intervals import NoticeInterval
from parsers.vendors.google_health.names import GOOGLE_VENDOR, METRICS_OF, DataType
from parsers.vendors.google_health.points import day_record
from parsers.vendors.google_health.rhythm import RHYTHM_KIND

_MOST_DELETED_DAYS = 400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SOURCE = Source(vendor=GOOGLE_VENDOR)
_KIND = {PointShape.EXERCISE: "exercise", PointShape.SLEEP: "sleep", PointShape.NOTICE: RHYTHM_KIND}


def deletions_of(
    row: DataType,
    data: JsonObject,
    intervals: Sequence[NoticeInterval],
    where: str,
    errors: list[Unreadable],
) -> Iterator[Deletion]:
    """Yield what a deletion takes back: the record that it names, else what its intervals hold."""
    named = deleted_record(row, data)
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


def deleted_record(row: DataType, data: JsonObject) -> str:
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
