"""Reads what Strava pushes and what it answers, by the members that a body has. Pure.

A pushed body is an event and holds no data. An answer is an activity, a list of activities, or the
streams of one. Bodies without a request are read as well, as `kadens inspect` shows them.
"""

import re
from collections.abc import Iterator
from typing import Any

from model.codec import dumps
from model.errors import BodyError
from model.facts import Reject, RejectKind
from model.received import Context, Fetch, Part, ReaderItem
from parsers.fields import JsonObject, Unreadable, object_of, rejects, text
from parsers.lenient_json import lenient_json
from parsers.vendors.strava.activities import STREAMS, fetch_streams, stream_samples, workout_of
from parsers.vendors.strava.events import STRAVA_FORMAT, fetch_activity, number_text, read_event

ACTIVITY_LIST = "activity_list"
PER_PAGE = 100
PAST = "past"
_KEPT = "kadens"  # the member of a kept answer that has the key of its request
_LISTED = "listed"
_PAGE = re.compile(r"([0-9]{1,11})-([0-9]{1,11})/([0-9]{1,4})")
_NO_REQUEST = Fetch(account="", resource="", key="", path="")


def read_strava(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a pushed body or an answer means; BodyError where it is neither."""
    document = lenient_json(payload)
    if isinstance(document, dict) and _KEPT in document:
        yield _streams(payload, document, str(document[_KEPT]), "")
        return
    requested = context.requested or _NO_REQUEST
    if requested.resource == STREAMS or _are_streams(document):
        yield _streams(payload, document, requested.key, requested.account)
    elif requested.resource == ACTIVITY_LIST:
        yield from _listed(document, requested)
    elif isinstance(document, list):
        for k, item in enumerate(document):
            yield from _item(item, f"[{k}]", context)
    else:
        yield from _item(document, "body", context)


def _item(item: object, where: str, context: Context) -> Iterator[ReaderItem]:
    try:
        record = object_of(item, where)
        if "object_type" in record and context.requested is None:
            yield from read_event(record, where, context)
        elif "start_date" in record and "elapsed_time" in record:
            yield from _activity(record, where, context)
        else:
            why = "neither an event nor an activity of Strava"
            yield Reject(where=where, why=why, kind=RejectKind.UNKNOWN)
    except Unreadable as error:
        yield rejects([error])[0]


def _activity(record: JsonObject, where: str, context: Context) -> Iterator[ReaderItem]:
    """Yield the workout of an activity, and the request of its streams unless it was typed in."""
    errors: list[Unreadable] = []
    workout = workout_of(record, where, errors)
    requested = context.requested
    # whoever was asked for it is known, whatever the answer says
    account = requested.account if requested else _athlete(record, where)
    yield Part(account=account, facts=(workout,), rejects=rejects(errors))
    # There is nothing to fetch of what somebody typed in, and each request counts.
    if record.get("manual") is not True and account:
        when = requested.key.rpartition("/")[2] if requested else PAST
        yield fetch_streams(account, workout, when)


def _athlete(record: JsonObject, where: str) -> str:
    """Return the athlete of an activity, "" where it names none."""
    athlete = record.get("athlete")
    stated = athlete.get("id") if isinstance(athlete, dict) else None
    return "" if stated is None else number_text(stated, f"{where}.athlete.id")


def _listed(document: object, requested: Fetch) -> Iterator[ReaderItem]:
    """Yield a request for each activity of a page, and for the page behind a full one."""
    if not isinstance(document, list):
        raise BodyError("body", "not a list of activities")
    for k, item in enumerate(document):
        try:
            record = object_of(item, f"[{k}]")
            activity = number_text(record.get("id"), f"[{k}].id")
            yield fetch_activity(requested.account, activity, PAST)
        except Unreadable as error:
            yield rejects([error])[0]
    match = _PAGE.fullmatch(requested.key)
    # Strava does not say how many pages there are: a page that is not full is the last
    if match is not None and len(document) >= PER_PAGE:
        after, before, page = map(int, match.groups())
        yield fetch_page(requested.account, after, before, page + 1)
    # Nothing of the list is kept: each activity is asked for by itself.
    yield Part(account=requested.account, facts=(), kept=b"[]")


def fetch_page(account: str, after_s: int, before_s: int, page: int) -> Fetch:
    """Return the request of a page of the activities between two times, in Unix seconds."""
    return Fetch(
        account=account,
        resource=ACTIVITY_LIST,
        key=f"{after_s}-{before_s}/{page}",
        path="/api/v3/athlete/activities",
        query=(
            ("after", str(after_s)),
            ("before", str(before_s)),
            ("page", str(page)),
            ("per_page", str(PER_PAGE)),
        ),
        format=STRAVA_FORMAT,
    )


def _are_streams(document: object) -> bool:
    """Return whether a body is streams: an object of them by type, or a list of them."""
    if isinstance(document, list):
        first = document[0] if document else None
        return isinstance(first, dict) and "series_type" in first and "data" in first
    time = document.get("time") if isinstance(document, dict) else None
    return isinstance(time, dict) and "data" in time


def _by_type(
    document: Any,  # noqa: ANN401 - JSON has no narrower type
    errors: list[Unreadable],
) -> JsonObject:
    if isinstance(document, dict) and isinstance(document.get(_LISTED), list):
        document = document[_LISTED]
    if isinstance(document, dict):
        return document
    if not isinstance(document, list):
        raise BodyError("@0", "not streams")
    streams: JsonObject = {}
    for k, item in enumerate(document):
        try:
            stream = object_of(item, f"[{k}]")
            streams[text(stream.get("type"), f"[{k}].type")] = stream
        except Unreadable as error:
            errors.append(error)
    return streams


def _streams(payload: bytes, document: object, key: str, account: str) -> Part:
    errors: list[Unreadable] = []
    try:
        facts = tuple(stream_samples(key, _by_type(document, errors), errors))
    except Unreadable as error:
        errors.append(error)
        facts = ()
    kept = _with_key(payload, document, key) if facts else None
    return Part(account=account, facts=facts, rejects=rejects(errors), kept=kept)


def _with_key(payload: bytes, document: object, key: str) -> bytes:
    """Return streams with the key that places them, for whoever reads them again."""
    if isinstance(document, dict) and _KEPT in document:
        return payload
    note = b'{"' + _KEPT.encode() + b'":' + dumps(key) + b","
    if isinstance(document, list):
        return note + b'"' + _LISTED.encode() + b'":' + payload.lstrip(b"\xef\xbb\xbf") + b"}"
    return note + payload[payload.index(b"{") + 1 :]
