"""Health Auto Export (iOS) to facts: JSON of version 1 and 2, and its tables. Pure.

    {"data": {"metrics": [{"name": ..., "units": ..., "data": [...]}], "workouts": [{...}], ...}}

The app sends overlapping windows again and again, with other means once the phone knows more. What
it sends again replaces itself: it has the same source, metric and time. Absence proves nothing.
Of an export, only metrics and workouts are read. The notices about heart rate are not, because the
app does not say which of Apple's notices each one is, and what it leaves out proves nothing.
Symptoms, states of mind, electrocardiograms, medication and cycles are passed over unseen, and
positions are dropped while they are parsed.
"""

import re
from collections.abc import Callable, Iterator
from sys import intern
from typing import Any

from model.errors import BodyError
from model.facts import RejectKind
from model.received import Context, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import JsonObject, Unreadable, kept_without, object_of
from parsers.json_records import ListedRecord, records_inside, text_of
from parsers.local_times.named_zone import named_zone
from parsers.phone.collected import Collected
from parsers.phone.export_metrics import Setting, add_metric
from parsers.phone.export_tables import add_tables
from parsers.phone.export_workouts import add_workout
from parsers.phone.recognised import BOM, MOST_OBJECTS_PUSHED
from parsers.stated_once import members_once

VENDOR = "health_auto_export"
GROUPING = "automation-aggregation"  # a header
_DATA = "data"
_OBJECT = re.compile(rb"\s*[{\[]")
_LISTS: dict[str, Callable[[JsonObject, str, Setting, Collected], None]] = {
    "metrics": add_metric,
    "workouts": add_workout,
}
# Members of an object: a workout has thirty, a value six. Of lists of bare values nothing is read.
_MOST_MEMBERS, _FREE_OBJECTS = 50, 2_000
# Members that mark an object as a position, or a voltage of a heart: such an object is dropped.
_DROPPED = frozenset({"latitude", "lat", "voltage"})


def read_health_auto_export(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield a Notice for each list that is not read, then what the rest holds.

    Raises BodyError where the payload is neither a JSON object nor a table.
    """
    into, unread = Collected(), set[str]()
    setting = _setting(context, into)
    if not _OBJECT.match(payload.removeprefix(BOM)):
        add_tables(payload, setting, into)
        yield _part(into)
        return
    _check_members(payload)
    for record in records_inside(
        text_of(payload.removeprefix(BOM), MOST_OBJECTS_PUSHED), _DATA, _kept
    ):
        add = _LISTS.get(record.name)
        if add is not None:
            _add(add, record, setting, into)
        elif record.name == _DATA and record.index is None:
            into.refused.add("", None, Unreadable(_DATA, "not an object"))
        elif record.index is not None and record.name not in unread:
            unread.add(record.name)
            yield Notice(account="", kind=NoticeKind.UNKNOWN)
    yield _part(into)


def _check_members(payload: bytes) -> None:
    """Raise BodyError where a body has far more values than its objects can have members."""
    if payload.count(b",") > _MOST_MEMBERS * (payload.count(b"{") + _FREE_OBJECTS):
        raise BodyError("body", "more values than a body may hold", RejectKind.TOO_MUCH)


def _setting(context: Context, into: Collected) -> Setting:
    errors: list[Unreadable] = []
    zone = kept_without(errors, "", named_zone, context)
    for error in errors:
        into.refused.add("", None, error)
    return Setting(vendor=VENDOR, grouping=context.headers.get(GROUPING, ""), zone=zone)


def _part(into: Collected) -> Part:
    facts = (*into.facts, *into.series.stream())
    return Part(account="", facts=facts, rejects=into.refused.rejects())


def _add(
    add: Callable[[JsonObject, str, Setting, Collected], None],
    record: ListedRecord,
    setting: Setting,
    into: Collected,
) -> None:
    if record.value is None and record.index is None:
        return  # null in place of a list
    where = f"{_DATA}.{record.where}"
    try:
        add(object_of(record.value, where), where, setting, into)
    except Unreadable as error:
        into.refused.add("", None, error)


def _kept(members: list[tuple[str, Any]]) -> JsonObject | None:
    """Return an object without what is not read: there may be very many of them."""
    entry = members_once(members)
    if not _DROPPED.isdisjoint(entry):
        return None
    if "Avg" in entry:
        entry.pop("Min", None)
        entry.pop("Max", None)
    written = entry.get("source")
    if isinstance(written, str):
        entry["source"] = intern(written)  # one text for all values of a device
    return entry
