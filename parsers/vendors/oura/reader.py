"""Oura's cues and answers to facts, further requests and retractions. Pure.

A cue names an event, a type of data and an object, and holds no data:

    {"event_type": "update", "data_type": "workout", "object_id": ..., "event_time": ..., ...}

An answer is one object, or a page of them: `{"data": [...], "next_token": ...}`. Heart rate has no
cues of its own: it is asked for by the time of a workout or of a day whose object has changed. The
time of the cue that asked for an object is the object's revision, so that what was deleted later
stays deleted. A replay does not know what was asked, so that time is kept with the object.
"""

import json
import re
from collections.abc import Iterator

from model.calendar import DAY_MS, MINUTE_MS, rfc3339
from model.errors import BodyError
from model.facts import Deletion, Fact, RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    head,
    instant_of,
    kept_without,
    list_of,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.stated_once import loads_once
from parsers.streams import SeriesByKey
from parsers.vendors.oura.names import (
    DELETED,
    EVENTS_OF_DATA,
    FOLLOWED_TYPES,
    HEART_RATE_TYPE,
    OURA_PATH,
    TYPE_OF_CUE,
)
from parsers.vendors.oura.objects import (
    facts_of_object,
    kind_of_object,
    oura_source,
    span_of_heart_rate,
)
from parsers.vendors.paging import page_after
from parsers.vendors.request_note import dated_push, hour_mark

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")  # becomes a part of a path
_AROUND_MS = 10 * MINUTE_MS  # of heart rate before and after a workout
_LATE_MS = DAY_MS // 4  # after the end of a day its heart rate is asked for once more
_CUE_TIME = "cue_time"  # beside an object that is kept


def read_oura(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a cue or an answer means; BodyError where it is neither."""
    body = _body(payload)
    try:
        if isinstance(body, dict) and "event_type" in body:
            yield from _cue(body, payload, context)
        else:
            yield from _answer(body, payload, context)
    except Unreadable as error:
        raise body_error(error) from error


def _body(payload: bytes) -> JsonObject | list[object]:
    if payload.lstrip()[:1] != b"[":
        return document(payload)
    try:
        return list_of(loads_once(payload), "body")
    except json.JSONDecodeError as error:
        raise BodyError(f"@{error.pos}", "not JSON") from error


def _cue(body: JsonObject, payload: bytes, context: Context) -> Iterator[ReaderItem]:
    event, kind = text(body["event_type"], "event_type"), text(body.get("data_type"), "data_type")
    account = text(body.get("user_id"), "user_id")
    # before anything else: what comes to a wrong address is no event of ours
    _check_address(f"{event}.{kind}", context)
    kind = TYPE_OF_CUE.get(kind, kind)
    if kind not in FOLLOWED_TYPES or event not in (*EVENTS_OF_DATA, DELETED):
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)
        return
    name = _object_id(body.get("object_id"))
    if event == DELETED:
        yield _retracting(f"{kind}:{name}", account, body, payload, context)
        return
    # in the key, so that a second change of the same object is a fetch of its own
    errors: list[Unreadable] = []
    sent = kept_without(errors, "", optional_text, body.get("event_time"), "event_time")
    yield Fetch(
        account=account,
        resource=kind,
        key=f"{name}/{sent}",
        path=f"{OURA_PATH}{kind}/{name}",
        format="oura",
    )
    yield from rejects(errors)


def _check_address(about: str, context: Context) -> None:
    """Raise Unreadable for a cue that came to the address of another event or type of data."""
    address = context.query.get("event", "")
    if address and address != about:
        raise Unreadable("event_type", "not what this address is for", RejectKind.UNKNOWN)


def _object_id(value: object) -> str:
    name = text(value, "object_id")
    if not _ID.fullmatch(name):
        raise Unreadable("object_id", "not an id of an object")
    return name


def _retracting(
    record: str, account: str, body: JsonObject, payload: bytes, context: Context
) -> Part:
    """Return the part that retracts a record."""
    errors: list[Unreadable] = []
    # without a time it holds for all that was known when it came
    unknown: tuple[int, int | None] = (context.received_ms, None)
    stated = body.get("event_time"), "event_time"
    is_dated = stated[0] is not None
    at_ms, offset = kept_without(errors, unknown, instant_of, *stated) if is_dated else unknown
    fact_head = head(oura_source(), f"{record}:deleted", at_ms, (at_ms, at_ms), offset)
    # without a time of its own, the same words hours later are another deletion
    mark = hour_mark(context.received_ms)
    kept = dated_push(payload, body, mark) if at_ms == context.received_ms else None
    deletion = Deletion(head=fact_head, target=record)
    return Part(account=account, facts=(deletion,), rejects=rejects(errors), kept=kept)


def _answer(
    body: JsonObject | list[object], payload: bytes, context: Context
) -> Iterator[ReaderItem]:
    """Yield the facts of all objects of an answer as one part, then what is to be asked next."""
    requested = context.requested
    # an object by its id comes bare, a page under `data`
    is_single = isinstance(body, dict) and "data" not in body
    sent = _cue_time(body, requested if is_single else None)
    facts: list[Fact] = []
    errors: list[Unreadable] = []
    rates = SeriesByKey()
    for index, value in enumerate([body] if is_single else _listed(body)):
        where = "body" if is_single else f"data[{index}]"
        try:
            item = object_of(value, where)
            facts += facts_of_object(item, where, _revision(sent), rates, errors)
        except Unreadable as error:
            errors.append(error)
    facts += rates.stream()
    yield Part(
        account=requested.account if requested is not None else "",
        facts=tuple(facts),
        rejects=rejects(errors),
        kept=_kept(payload, sent) if is_single and sent else None,
    )
    if requested is not None and is_single:
        yield from _heart_rate_of(object_of(body, "body"), requested)
    elif requested is not None:
        yield from _next_page(body, requested)


def _listed(body: JsonObject | list[object]) -> list[object]:
    return body if isinstance(body, list) else list_of(body["data"], "data")


def _cue_time(body: JsonObject | list[object], requested: Fetch | None) -> str:
    """Return when the cue was sent that asked for an object, as written; "" without a cue."""
    if requested is not None:
        # the key of a request for the past ends in no time of a cue
        written = requested.key.rpartition("/")[2]
        return written if _revision(written) else ""
    kept = body.get(_CUE_TIME) if isinstance(body, dict) else None
    return kept if isinstance(kept, str) else ""


def _kept(payload: bytes, sent: str) -> bytes:
    return b'{"%s":"%s","data":[%s]}' % (_CUE_TIME.encode(), sent.encode(), payload)


def _revision(sent: str) -> int:
    """Return the time of a cue in epoch ms, 0 for what is no time."""
    nothing: tuple[int, int | None] = (0, None)
    return kept_without([], nothing, instant_of, sent, _CUE_TIME)[0]


def _heart_rate_of(item: JsonObject, requested: Fetch) -> Iterator[Fetch]:
    """Yield the requests for the heart rate at the time of a workout or of a day."""
    kind, span = kind_of_object(item), span_of_heart_rate(item)
    if span is None:
        return
    start, end = span
    # the pulse before and after shows how hard it was
    if kind == "workout":
        start, end = start - _AROUND_MS, end + _AROUND_MS
    yield _heart_rate(requested.account, f"{kind}/{requested.key}", (start, end), 0)
    if kind == "daily_activity":
        # a ring is read out when it comes near its phone, often after the day has ended
        later = f"{kind}/{rfc3339(start)}/late"
        yield _heart_rate(requested.account, later, (start, end), end + _LATE_MS)


def _heart_rate(account: str, key: str, span: tuple[int, int], not_before_ms: int) -> Fetch:
    start, end = span
    return Fetch(
        account=account,
        resource=HEART_RATE_TYPE,
        key=key,
        path=f"{OURA_PATH}{HEART_RATE_TYPE}",
        query=(("start_datetime", rfc3339(start)), ("end_datetime", rfc3339(end))),
        format="oura",
        not_before_ms=not_before_ms,
    )


def _next_page(body: JsonObject | list[object], requested: Fetch) -> Iterator[ReaderItem]:
    token = body.get("next_token") if isinstance(body, dict) else None
    if token is not None:
        yield page_after(requested, token, "next_token")
