"""Google's cues: what changed becomes fetches, what was deleted is taken back. Pure.

    [{"data": {"healthUserId": ..., "operation": "UPSERT", "dataType": "steps",
               "intervals": [{"physicalTimeInterval": {"startTime": ..., "endTime": ...}, ...}]}}]

A deletion has no time of its own: it takes back what was stated until its receipt. Its interval is
asked for anew as well, because points of other sources in it may still hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from model.calendar import DAY_MS
from model.errors import BodyError
from model.facts import Fact, RejectKind
from model.received import Fetch, Notice, NoticeKind, Part, ReaderItem
from model.vendors.google_windows import TimeWindow, fetches_of
from parsers.fields import Unreadable, object_of, rejects, text
from parsers.stated_once import dumps_once
from parsers.vendors.google_health.deletions import deleted_record, deletions_of
from parsers.vendors.google_health.intervals import interval_count, intervals_of
from parsers.vendors.google_health.names import (
    DAILY_TYPES,
    GOOGLE_NOTICES,
    TYPE_BY_NAME,
    TYPES_NOT_FOLLOWED,
    DataType,
)
from parsers.vendors.request_note import REQUEST_MEMBER, hour_mark

_MOST_NOTIFICATIONS = 20_000
_MOST_IN_BODY = 20_000  # intervals: each is asked for
# A notice about rhythm may be made days after what it rests on, and seen later still.
_NOTICED_MS = 7 * DAY_MS


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
    if len(entries) > _MOST_NOTIFICATIONS or sum(map(interval_count, entries)) > _MOST_IN_BODY:
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
    intervals = list(dict.fromkeys(intervals_of(data, f"{where}.data", own.errors)))
    # nothing could be asked for, and nothing but a record that is named could be taken back
    named = "" if operation == "UPSERT" else deleted_record(row, data)
    if data.get("intervals") == [] and not named:
        own.errors.append(Unreadable(f"{where}.data.intervals", "no interval"))
    if operation == "DELETE":
        own.written.append(entry)
        for fact in deletions_of(row, data, intervals, f"{where}.data", own.errors):
            # another notification of the body may name the same
            own.facts.setdefault(fact.head.record, fact)
    # a deletion is asked for as well: see the head of this module
    windows = [interval.window for interval in intervals]
    yield from _fetches(account, row, windows, "" if operation == "UPSERT" else hour)


def _fetches(
    account: str, row: DataType, windows: Iterable[TimeWindow], hour: str
) -> Iterator[Fetch]:
    """Yield what to ask for; `hour` is the mark of a deletion, "" for what has changed.

    An answer with the very bytes of one before the deletion would count as that one, come again,
    and stay hidden. The mark makes another of it, and a repetition has the same mark.
    """
    for window in windows:
        yield from fetches_of(account, row.name, window, hour)
        if row.name in DAILY_TYPES and not hour:
            yield from fetches_of(account, GOOGLE_NOTICES, _with_week_before(window))


def _with_week_before(window: TimeWindow) -> TimeWindow:
    """Return a window with the week before it."""
    return replace(window, low_ms=max(0, window.low_ms - _NOTICED_MS))
