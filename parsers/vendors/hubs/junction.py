"""Junction's events, and the answers to what they announce, to facts, fetches and notices. Pure.

    {"event_type": "daily.data.heartrate.created", "client_user_id": ..., "user_id": ..., "data":
    {...}}

The account is our own name for the user, `client_user_id`; requests name Junction's `user_id`. An
event of history holds a range without data: it becomes a Fetch. "Daily" means that an event holds
what is new, not a day. Of a workout's stream there is only a notice.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from model.calendar import utc
from model.facts import RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    instant_of,
    list_of,
    object_of,
    optional_text,
    text,
)
from parsers.phone.collected import Collected
from parsers.vendors.hubs.junction_entries import add_day_summary, add_night_summary, add_samples
from parsers.vendors.hubs.junction_entry import HubOrigin, hub_origin
from parsers.vendors.hubs.junction_names import (
    DAY_SUMMARIES,
    JUNCTION_SERIES,
    NIGHT_SUMMARIES,
    NOT_FOLLOWED_PREFIXES,
    NOT_FOLLOWED_RESOURCES,
    RESOURCE_ALIASES,
    SERIES_PATHS,
    SUMMARIES,
    WORKOUT_STREAM,
    WORKOUT_SUMMARIES,
)
from parsers.vendors.hubs.junction_workouts import add_stream, add_workout_summary
from parsers.vendors.paging import page_after
from parsers.vendors.request_note import noted_answer, noted_request

_FORMAT = "junction"
_EVENT = re.compile(r"(daily|historical)\.data\.([a-z0-9_]{1,64})\.(created|updated)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a part of a path: it cannot lead anywhere else
_SLUG = re.compile(r"[a-z0-9_]{0,64}")
_CONNECTED, _BROKEN = "provider.connection.created", "provider.connection.error"
_NOTICES = {_CONNECTED: NoticeKind.CONNECTED, _BROKEN: NoticeKind.BROKEN}
_LONGEST_CURSOR = 1_024
_JOINT = "/"  # between the parts of a key
_PAGE = "#"  # behind it stands from where a page goes on
_ADDED = {DAY_SUMMARIES: add_day_summary, NIGHT_SUMMARIES: add_night_summary}


def read_junction(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what an event or an answer means; BodyError where it is neither or names no user."""
    body = document(payload)
    try:
        # what is pushed has a type, and what is kept of an answer has a note in its place
        requested = context.requested
        if requested is None and "event_type" not in body:
            requested = noted_request(body, _FORMAT)
        if requested is not None:
            yield from _answer(payload, body, requested)
        else:
            yield from _event(text(body.get("event_type"), "event_type"), body)
    except Unreadable as error:
        raise body_error(error) from error


def _event(kind: str, body: JsonObject) -> Iterator[ReaderItem]:
    if kind in _NOTICES:
        yield Notice(account=_account(body), kind=_NOTICES[kind], scopes=_provider_scope(body))
        return
    # created and updated mean the same here: each is a version of what it holds
    match = _EVENT.fullmatch(kind)
    resource = RESOURCE_ALIASES.get(match[2], match[2]) if match else ""
    if resource in (*SUMMARIES, *JUNCTION_SERIES, WORKOUT_STREAM):
        data = object_of(body.get("data"), "data")
        # of a stream there is a notice alone, with the samples of neither past nor present
        if resource == WORKOUT_STREAM:
            yield from _noticed_stream(body, data)
        elif kind.startswith("historical"):
            yield _history(body, data, resource)
        else:
            yield _pushed(body, data, resource)
    elif resource not in NOT_FOLLOWED_RESOURCES and not kind.startswith(NOT_FOLLOWED_PREFIXES):
        yield Notice(account=_known_account(body), kind=NoticeKind.UNKNOWN)


def _account(body: JsonObject) -> str:
    """Return our own name for the user, else Junction's."""
    # ours first, because a patient is linked by the name that we chose
    for name in ("client_user_id", "user_id"):
        if body.get(name) is not None:
            return text(body[name], name)
    raise Unreadable("client_user_id", "not a text")


def _known_account(body: JsonObject) -> str:
    return optional_text(body.get("client_user_id"), "client_user_id")


def _provider_scope(body: JsonObject) -> tuple[str, ...]:
    """Return the vendor behind the hub whose connection is meant, if it is named."""
    data = body.get("data")
    value = data.get("provider") if isinstance(data, dict) else None
    named = value.get("slug") if isinstance(value, dict) else value
    return (named,) if isinstance(named, str) and _SLUG.fullmatch(named) and named else ()


def _pushed(body: JsonObject, data: JsonObject, resource: str) -> Part:
    account, into = _account(body), Collected()
    try:
        if resource == WORKOUT_SUMMARIES:
            add_workout_summary(data, "data", into)
        elif resource in _ADDED:
            _ADDED[resource](data, "data", into)
        else:
            add_samples(resource, data, "data", into)
    except Unreadable as error:
        into.refused.add("", None, error)
    return _part(account, into)


def _part(account: str, into: Collected) -> Part:
    facts = (*into.facts, *into.series.stream())
    return Part(account=account, facts=facts, rejects=into.refused.rejects())


def _history(body: JsonObject, data: JsonObject, resource: str) -> Fetch:
    """Return the request for a range that Junction has finished collecting."""
    user = _path_part(data.get("user_id") or body.get("user_id"), "data.user_id")
    first = _day_of(data.get("start_date"), "data.start_date")
    last = _day_of(data.get("end_date"), "data.end_date")
    if last < first:
        raise Unreadable("data.end_date", "before the start", RejectKind.RANGE)
    provider = optional_text(data.get("provider"), "data.provider")
    if not _SLUG.fullmatch(provider):
        raise Unreadable("data.provider", "not the name of a provider")
    return Fetch(
        account=_account(body),
        resource=resource,
        key=_JOINT.join((first.isoformat(), last.isoformat(), provider)),
        path=_range_path(resource, user),
        query=_range_query(first.isoformat(), last.isoformat(), provider),
        format=_FORMAT,
    )


def _range_query(first: str, last: str, provider: str) -> tuple[tuple[str, str], ...]:
    query = (("start_date", first), ("end_date", last), ("provider", provider))
    return tuple(pair for pair in query if pair[1])


def _range_path(resource: str, user: str) -> str:
    if resource in SUMMARIES:
        return f"/v2/summary/{resource}/{user}"
    return f"/v2/timeseries/{user}/{SERIES_PATHS.get(resource, resource)}/grouped"


def _day_of(value: object, where: str) -> date:
    """Return the date of an instant or of a text that is a date alone."""
    try:
        return date.fromisoformat(text(value, where)) if _is_date(value) else _utc_day(value, where)
    except ValueError as error:
        raise Unreadable(where, "not a date") from error


def _is_date(value: object) -> bool:
    return isinstance(value, str) and len(value) == len("2026-11-20")


def _utc_day(value: object, where: str) -> date:
    ms, _ = instant_of(value, where)
    return utc(ms).date()


def _path_part(value: object, where: str) -> str:
    named = text(value, where)
    if not _ID.fullmatch(named):
        raise Unreadable(where, "not an id")
    return named


def _noticed_stream(body: JsonObject, data: JsonObject) -> Iterator[ReaderItem]:
    """Yield the request for the samples of a workout; an event of history names no workout."""
    if data.get("workout_id") is not None:
        origin = hub_origin(data.get("source"), "data.source", Collected())
        named = _path_part(data["workout_id"], "data.workout_id")
        yield _stream_fetch(_account(body), named, origin)


def _stream_fetch(account: str, workout: str, origin: HubOrigin) -> Fetch:
    """Return the request for a stream.

    The answer names no source, so the key carries it; it is the same however often it is announced.
    """
    return Fetch(
        account=account,
        resource=WORKOUT_STREAM,
        key=_JOINT.join((workout, origin.provider, origin.kind, origin.device)),
        path=f"/v2/timeseries/workouts/{workout}/stream",
        format=_FORMAT,
    )


def _answer(payload: bytes, body: JsonObject, requested: Fetch) -> Iterator[ReaderItem]:
    """Yield the facts of an answer, and what is to be asked for next."""
    resource, into = requested.resource, Collected()
    if resource == WORKOUT_STREAM:
        named, provider, kind, device = (*requested.key.split(_JOINT, 3), "", "", "")[:4]
        add_stream(body, named, HubOrigin(provider, kind, device), None, into)
    elif resource in SUMMARIES:
        yield from _summaries(body, requested, into)
    else:
        _add_groups(body, resource, into)
    part = _part(requested.account, into)
    is_kept = part.facts or part.rejects
    yield replace(part, kept=noted_answer(payload, requested)) if is_kept else part
    # behind the facts, which a token that is none must not cost
    if resource != WORKOUT_STREAM and resource not in SUMMARIES:
        yield from _next_page(body, requested)


def _summaries(body: JsonObject, requested: Fetch, into: Collected) -> Iterator[Fetch]:
    """Add the objects of a list; each workout may have a stream of its own."""
    resource = requested.resource
    for index, item in enumerate(list_of(body.get(resource), resource)):
        where = f"{resource}[{index}]"
        try:
            record = object_of(item, where)
            if resource == WORKOUT_SUMMARIES:
                named = _path_part(add_workout_summary(record, where, into), f"{where}.id")
                origin = hub_origin(record.get("source"), f"{where}.source", Collected())
                yield _stream_fetch(requested.account, named, origin)
            else:
                _ADDED[resource](record, where, into)
        except Unreadable as error:
            into.refused.add("", None, error)


def _add_groups(body: JsonObject, resource: str, into: Collected) -> None:
    for provider, groups in object_of(body.get("groups"), "groups").items():
        where = f"groups.{provider}" if _SLUG.fullmatch(provider) else "groups"
        for index, group in enumerate(_groups(groups, where, into)):
            try:
                located = f"{where}[{index}]"
                add_samples(resource, object_of(group, located), located, into)
            except Unreadable as error:
                into.refused.add("", None, error)


def _groups(value: object, where: str, into: Collected) -> list[object]:
    """Return the groups of a provider; one that has none costs the others nothing."""
    try:
        return [] if value is None else list_of(value, where)
    except Unreadable as error:
        into.refused.add("", None, error)
        return []


def _next_page(body: JsonObject, requested: Fetch) -> Iterator[Fetch]:
    cursor = body.get("next_cursor") or body.get("next")
    if cursor is None:
        return
    # the same range, which is in the key, from where this page ends
    first_key = requested.key.split(_PAGE)[0]
    query = _range_query(*(*first_key.split(_JOINT), "", "", "")[:3])
    yield page_after(requested, cursor, "next_cursor", query=query, longest=_LONGEST_CURSOR)
