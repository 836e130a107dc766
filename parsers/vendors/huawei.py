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

from model.facts import Deletion, Fact, RejectKind, Source
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    head,
    list_of,
    object_of,
    rejects,
    text,
)
from parsers.vendors.huawei_workouts import (
    HUAWEI_VENDOR,
    LONGEST_STAMP,
    huawei_facts,
    huawei_instant,
    huawei_record,
)
from parsers.vendors.paging import page_after
from parsers.vendors.request_note import noted_answer, noted_request

RECORDS, DELETED_RECORDS = "activity_records", "deleted_activity_records"
_PATH = "/healthkit/v1/activityRecords"
_MORE = "hasMoreData"
_LISTS = ("activityRecord", "activityRecords", "records")
_LONGEST_RANGE_MS = 31 * 86_400_000
_STAMP = rf"[0-9]{{1,{LONGEST_STAMP}}}"
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
_LONGEST_CURSOR = 1_024


def read_huawei(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what an event or an answer means; BodyError where it is neither."""
    body = document(payload)
    # anybody who saw an event can add members to it, and its signature still holds
    is_event = "eventType" in body or "openId" in body
    requested = context.requested or (None if is_event else noted_request(body, "huawei"))
    try:
        if requested is not None:
            yield _answer(payload, body, requested)
            if context.requested is not None:
                yield from _next_page(body, requested)
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
    start = huawei_instant(entry.get("startTime"), f"{where}.startTime")
    end = huawei_instant(entry.get("endTime"), f"{where}.endTime")
    if not 0 < end - start <= _LONGEST_RANGE_MS:
        why = "not after the start by at most 31 days"
        raise Unreadable(f"{where}.endTime", why, RejectKind.RANGE)
    return start, end


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
    name = next((name for name in _LISTS if body.get(name) is not None), _LISTS[0])
    records = list_of(body.get(name), name)
    if len(records) > _MOST_RECORDS:
        raise Unreadable(name, f"more than {_MOST_RECORDS} records", RejectKind.TOO_MUCH)
    for index, item in enumerate(records):
        where = f"{name}[{index}]"
        try:
            facts += huawei_facts(object_of(item, where), where, errors)
        except Unreadable as error:
            errors.append(error)
    # the key is our own, made from the range when the event was read
    start_ms = int(requested.key.split("-")[0])
    named = {fact.head.record for fact in facts}
    # a record that cannot be read, or is on a later page, may be the one that was said to be gone
    is_all = not errors and not body.get(_MORE)
    if requested.resource == DELETED_RECORDS and is_all and huawei_record(start_ms) not in named:
        facts += _deletions(start_ms)
    kept = noted_answer(payload, requested) if facts or errors else None
    return Part(account=requested.account, facts=tuple(facts), rejects=rejects(errors), kept=kept)


def _deletions(start_ms: int) -> Iterator[Deletion]:
    """Yield what takes back a workout and its samples, which are a record of their own."""
    for name, target in (
        (str(start_ms), huawei_record(start_ms)),
        (f"{start_ms}:samples", f"{huawei_record(start_ms)}:samples"),
    ):
        fact_head = head(
            Source(vendor=HUAWEI_VENDOR), f"deletion:{name}", 0, (start_ms, start_ms), None
        )
        yield Deletion(head=fact_head, target=target)


def _next_page(body: JsonObject, requested: Fetch) -> Iterator[Fetch]:
    """Yield the request for what a range holds beyond an answer, if it says that there is more."""
    if body.get(_MORE) is True:
        # the cursor stands for the range too
        cursor = body.get("cursor")
        yield page_after(requested, cursor, "cursor", query=(), longest=_LONGEST_CURSOR)
