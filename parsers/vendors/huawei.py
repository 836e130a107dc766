"""Huawei Health Kit: notices of changes become requests, answers become workouts. Pure.

    {"openId": ..., "eventType": "ACTIVITY_RECORD_EVENT$UPDATE", "eventTime": ...,
     "metaData": [...]}

Only user, kind and time of an event are signed. Of the rest only a range of time is read, and only
to ask Huawei for it: what an event says of a workout, or of its deletion, is never believed, and a
body with an event in it is never read as an answer. A workout is named by its start, because that
is how events name it.
"""

import re
from collections.abc import Iterator, Sequence

from model.facts import Deletion, Fact, Method, RejectKind, Source, Workout
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.bounds import readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    head,
    kept_without,
    list_of,
    number_within,
    object_of,
    optional_text,
    rejects,
    text,
    zone_offset,
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.vendors.hubs.values import workout_span
from parsers.vendors.open_wearables_names import WORKOUT_TYPES, device_type
from parsers.vendors.request_note import noted_answer, noted_request
from parsers.word_tables import type_of_word

_VENDOR = "huawei"
RECORDS, DELETED_RECORDS = "activity_records", "deleted_activity_records"
_PATH = "/healthkit/v1/activityRecords"
_LISTS = ("activityRecord", "activityRecords", "records")
_LONGEST_RANGE_MS = 31 * 86_400_000
_LONGEST_STAMP = 15  # digits; epoch ms have 13
_STAMP = rf"[0-9]{{1,{_LONGEST_STAMP}}}"
_MOST_META = 1_000
_MOST_RECORDS = 2_000

_NOTICES: dict[str, NoticeKind] = {
    "USER_EVENT$REVOKE_ALL": NoticeKind.REVOKED,
    "USER_EVENT$DELETE_USER": NoticeKind.REVOKED,
    "USER_EVENT$REFRESH_TOKEN_INVALID": NoticeKind.BROKEN,
}
_ANNOUNCED: dict[str, str] = {
    "ACTIVITY_RECORD_EVENT$INSERT": RECORDS,
    "ACTIVITY_RECORD_EVENT$UPDATE": RECORDS,
    "ACTIVITY_RECORD_EVENT$DELETE": DELETED_RECORDS,
}
_SAMPLES = "SAMPLE_"
_NOT_FOLLOWED = "HEALTH_RECORD"  # records of illness; no part of exercise

# (kind of data, field) -> our name in Workout.summary, and the greatest believable figure
_TOTALS: dict[tuple[str, str], tuple[str, float]] = {
    ("distance", "distance"): ("distance", 1e9),
    ("steps", "steps"): ("steps", 1e7),
    ("calories", "calories"): ("active_energy", 1e6),
    ("heart_rate", "avg"): ("heart_rate_mean", 1e3),
    ("heart_rate", "max"): ("heart_rate_max", 1e3),
}
_NUMBERS = ("floatValue", "integerValue", "longValue", "doubleValue")


def read_huawei(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what an event or an answer means; BodyError where it is neither."""
    body = document(payload)
    # anybody who saw an event can add members to it, and its signature still holds
    is_event = "eventType" in body or "openId" in body
    requested = context.requested or (None if is_event else noted_request(body, "huawei"))
    try:
        if requested is not None:
            yield _answer(payload, body, requested)
        else:
            yield from _event(body)
    except Unreadable as error:
        raise body_error(error) from error


def _event(body: JsonObject) -> Iterator[ReaderItem]:
    account = text(body.get("openId"), "openId")
    kind = text(body.get("eventType"), "eventType")
    if kind in _NOTICES:
        yield Notice(account=account, kind=_NOTICES[kind])
    elif kind in _ANNOUNCED:
        errors: list[Unreadable] = []
        for start, end in _ranges(body.get("metaData"), errors):
            yield _fetch(account, _ANNOUNCED[kind], (start, end), _sent(body.get("eventTime")))
        yield from rejects(errors)
    elif kind.startswith(_SAMPLES):
        why = "samples are not fetched from Huawei, only workouts: do not subscribe to them"
        raise Unreadable("eventType", why, RejectKind.UNKNOWN)
    elif not kind.startswith(_NOT_FOLLOWED):
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)


def _ranges(value: object, errors: list[Unreadable]) -> list[tuple[int, int]]:
    """Return the ranges of time that an event names, each once, in order.

    They come as one object each, or as a list of keys and values that make one object. One that
    cannot be read is in `errors`, and the others stay.
    """
    listed = value if isinstance(value, list) else [value]
    if len(listed) > _MOST_META:
        raise Unreadable("metaData", f"more than {_MOST_META} entries", RejectKind.TOO_MUCH)
    ranges: set[tuple[int, int]] = set()
    for entry, where in _entries(listed, errors):
        try:
            ranges.add(_range(entry, where))
        except Unreadable as error:
            errors.append(error)
    if not ranges and not errors:
        raise Unreadable("metaData", "no range of time")
    return sorted(ranges)


def _entries(
    listed: Sequence[object], errors: list[Unreadable]
) -> Iterator[tuple[JsonObject, str]]:
    """Yield the objects of a list with their paths, and the one that keys and values make."""
    # keys and values are the shape of the vendor's examples, objects that of its table of fields
    joined: JsonObject = {}
    for index, item in enumerate(listed):
        where = f"metaData[{index}]"
        try:
            entry = object_of(item, where)
            if "metaKey" in entry:
                joined[text(entry["metaKey"], f"{where}.metaKey")] = entry.get("metaValue")
            elif entry:
                yield entry, where
        except Unreadable as error:
            errors.append(error)
    if joined:
        yield joined, "metaData"


def _range(entry: JsonObject, where: str) -> tuple[int, int]:
    start = _epoch_ms(entry.get("startTime"), f"{where}.startTime")
    end = _epoch_ms(entry.get("endTime"), f"{where}.endTime")
    if not 0 < end - start <= _LONGEST_RANGE_MS:
        why = "not after the start by at most 31 days"
        raise Unreadable(f"{where}.endTime", why, RejectKind.RANGE)
    return start, end


def _epoch_ms(value: object, where: str) -> int:
    """Return an instant in epoch ms, which comes as a whole number or as a text of digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= _LONGEST_STAMP else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(where, "not a whole number of milliseconds")
    if not readable(value):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return value


def _sent(value: object) -> str:
    """Return when an event was sent, in digits, "" where that is no such time; it is signed."""
    written = str(value) if isinstance(value, (int, str)) else ""
    return written if re.fullmatch(_STAMP, written) else ""


def _fetch(account: str, resource: str, span: tuple[int, int], sent: str) -> Fetch:
    # The key comes back with the answer and is kept with it. What one event made us ask for is
    # then another body than what a later one did, though a workout may be again what it once was.
    start_ms, end_ms = span
    return Fetch(
        account=account,
        resource=resource,
        key=f"{start_ms}-{end_ms}/{sent}",
        path=_PATH,
        query=(("startTime", str(start_ms)), ("endTime", str(end_ms))),
        format="huawei",
    )


def _answer(payload: bytes, body: JsonObject, requested: Fetch) -> Part:
    """Return the workouts of a range; one that was reported deleted and is gone is taken back.

    What is kept has a note of the range: the answers for two ranges without a workout are alike,
    and each of them takes back another one.
    """
    errors: list[Unreadable] = []
    facts: list[Fact] = []
    name = next(filter(body.__contains__, _LISTS), _LISTS[0])
    records = list_of(body.get(name), name)
    if len(records) > _MOST_RECORDS:
        raise Unreadable(name, f"more than {_MOST_RECORDS} records", RejectKind.TOO_MUCH)
    for index, item in enumerate(records):
        where = f"{name}[{index}]"
        try:
            facts.append(_workout(object_of(item, where), where, errors))
        except Unreadable as error:
            errors.append(error)
    # the key is our own, made from the range when the event was read
    start_ms = int(requested.key.split("-")[0])
    named = {fact.head.record for fact in facts}
    # a record that cannot be read may be the one that was said to be deleted
    if requested.resource == DELETED_RECORDS and not errors and _record(start_ms) not in named:
        of = head(Source(vendor=_VENDOR), f"deletion:{start_ms}", 0, (start_ms, start_ms), None)
        facts.append(Deletion(head=of, target=_record(start_ms)))
    kept = noted_answer(payload, requested) if facts or errors else None
    return Part(account=requested.account, facts=tuple(facts), rejects=rejects(errors), kept=kept)


def _record(start_ms: int) -> str:
    return f"activity:{start_ms}"


def _workout(record: JsonObject, where: str, errors: list[Unreadable]) -> Workout:
    start = _epoch_ms(record.get("startTime"), f"{where}.startTime")
    end = _epoch_ms(record.get("endTime"), f"{where}.endTime")
    span = workout_span(start, end, f"{where}.endTime")
    zone = record.get("timeZone"), f"{where}.timeZone"
    offset = kept_without(errors, None, zone_offset, *zone)
    word = kept_without(errors, "", _word, record, where)
    return Workout(
        head=head(_source(record, where, errors), _record(start), 0, span, offset),
        type=type_of_word(WORKOUT_TYPES, word, f"{where}.activityType", errors),
        vendor_type=word,
        moving_ms=_moving_ms(record, span, where, errors),
        summary=dict(_totals(record, where, errors)),
    )


def _word(record: JsonObject, where: str) -> str:
    value = record.get("activityType", record.get("activityTypeId"))
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return optional_text(value, f"{where}.activityType").lower()


def _source(record: JsonObject, where: str, errors: list[Unreadable]) -> Source:
    nothing: JsonObject = {}
    written = record.get("device") or {}, f"{where}.device"
    device = kept_without(errors, nothing, object_of, *written)
    names = []
    for member in ("manufacturer", "modelNum"):
        field = f"{where}.device.{member}"
        names.append(kept_without(errors, "", optional_text, device.get(member), field))
    name = " ".join(filter(None, names))
    return Source(
        vendor=_VENDOR, device=name, device_type=device_type("", name), method=Method.WORKOUT
    )


def _moving_ms(
    record: JsonObject, span: tuple[int, int], where: str, errors: list[Unreadable]
) -> int | None:
    value = record.get("activeTime")
    if value is None:
        return None
    length_ms = span[1] - span[0]
    stated = value, 0, 1e10, f"{where}.activeTime"
    moving_ms = round(kept_without(errors, 0.0, number_within, *stated))
    return moving_ms if 0 < moving_ms <= length_ms - SHORTEST_PAUSE_MS else None


def _totals(
    record: JsonObject, where: str, errors: list[Unreadable]
) -> Iterator[tuple[str, float]]:
    """Yield the totals of a workout: points of data types, each with its fields."""
    location = f"{where}.activitySummary.dataSummary"
    try:
        summary = object_of(record.get("activitySummary") or {}, f"{where}.activitySummary")
        points = list_of(summary.get("dataSummary") or [], location)
    except Unreadable as error:
        errors.append(error)
        return
    for index, point in enumerate(points[:_MOST_META]):
        try:
            yield from _fields(object_of(point, f"{location}[{index}]"), f"{location}[{index}]")
        except Unreadable as error:
            errors.append(error)


def _fields(point: JsonObject, where: str) -> Iterator[tuple[str, float]]:
    # "com.huawei.continuous.distance.total": a word of the name says what was measured
    kinds = text(point.get("dataTypeName"), f"{where}.dataTypeName").split(".")
    for item in list_of(point.get("value"), f"{where}.value"):
        field = object_of(item, f"{where}.value")
        for kind in kinds:
            total = _TOTALS.get((kind, str(field.get("fieldName"))))
            number = next(filter(None, map(field.get, _NUMBERS)), None)
            if total is not None and number is not None:
                yield total[0], number_within(number, 0, total[1], f"{where}.value")
