"""Suunto's notices and answers: which events there are, and what is fetched for them. Pure.

    {"type": "WORKOUT_CREATED", "username": ..., "workout": {"workoutKey": ..., ...}}
    {"type": "SUUNTO_247_ACTIVITY_CREATED", "username": ..., "samples": [{...}, ...]}
    {"error": null, "payload": {...} or [{...}, ...]}       an answer: a workout, or a list of them

A notice of a workout is a summary; its samples are in the FIT file of the watch, which is fetched.
The old notices, which are forms, are no JSON and are refused.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from model.calendar import MINUTE_MS
from model.errors import BodyError
from model.facts import Fact, RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    kept_without,
    list_of,
    not_json,
    object_of,
    rejects,
    text,
)
from parsers.stated_once import loads_once
from parsers.vendors.suunto.names import SAMPLE_EVENTS, UNREAD_EVENTS, WORKOUT_EVENT
from parsers.vendors.suunto.samples import suunto_samples
from parsers.vendors.suunto.workouts import suunto_workout

WORKOUTS = "workouts"  # the resource of a list of workouts
LIST_PATH = "/v3/workouts/"
_KEYS = ("workoutKey", "key")
_LONGEST_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
# SINCE-UNTIL:LIMIT+OFFSET
_PAGE_KEY = re.compile(r"(\d{1,15}-\d{1,15}):(\d{1,4})\+(\d{1,6})", re.ASCII)
_MOST_OFFSET = 100_000
_SETTLES_MS = 15 * MINUTE_MS  # after a workout came, until its end is known

_Errors = list[Unreadable]


def read_suunto(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a notice or an answer means; BodyError for anything else."""
    body = _parsed(payload)
    try:
        yield from _items(body, context)
    except Unreadable as error:
        raise body_error(error) from error


def _items(body: JsonObject | list[Any], context: Context) -> Iterator[ReaderItem]:
    account = context.requested.account if context.requested is not None else ""
    if isinstance(body, list):
        yield from _samples(account, body, "body")
    elif "type" in body:
        yield from _event(body, context)
    elif "payload" in body:
        yield from _answer(account, body, context)
    elif "entryData" in body:
        yield from _samples(account, [body], "body")
    else:
        raise Unreadable("body", "neither a notice nor an answer", RejectKind.UNKNOWN)


def _parsed(payload: bytes) -> JsonObject | list[Any]:
    try:
        body = loads_once(payload)
    except json.JSONDecodeError as error:
        raise not_json(error) from error
    if not isinstance(body, dict | list):
        raise BodyError("@0", "neither an object nor a list")
    return body


def _event(body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    event, account = text(body.get("type"), "type"), text(body.get("username"), "username")
    # an event that nobody knows is told, so that a new kind is noticed
    if event == WORKOUT_EVENT:
        yield from _announced(account, body, context)
    elif event in SAMPLE_EVENTS:
        yield from _samples(account, list_of(body.get("samples"), "samples"), "samples")
    elif event in UNREAD_EVENTS:
        yield Part(account=account, facts=())
    else:
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)


def _announced(account: str, body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    """Yield a new workout as it is summed up, and the Fetches of what belongs to it.

    What cannot be read of the summary does not keep the file from being fetched.
    """
    workout = object_of(body.get("workout"), "workout")
    # the summary is kept too: the file may be gone, or never come
    yield from _workouts(account, [("workout", workout)])
    key = _key_or_none(workout)
    if key is None:
        return  # told with the workout
    yield _file(account, key)
    if workout.get("stopTime") is None:
        # its end is computed by and by, so it is asked for once more
        # 0 where nobody received it, as for a file that is looked at: then it is due at once
        later_ms = context.received_ms and context.received_ms + _SETTLES_MS
        yield Fetch(
            account=account,
            resource="workout",
            key=key,
            path=f"{LIST_PATH}{key}",
            format="suunto",
            not_before_ms=later_ms,
        )


def _answer(account: str, body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    """Yield the workouts of an answer; of a list also the Fetches of files and of the next page."""
    content, requested = body["payload"], context.requested
    if content is None:
        raise Unreadable("payload", "an answer without content", RejectKind.UNKNOWN)
    if not isinstance(content, list):
        yield from _workouts(account, [("payload", content)])
        return
    paths = [f"payload[{number}]" for number in range(len(content))]
    yield from _workouts(account, list(zip(paths, content, strict=True)))
    # what was pushed or asked for singly has announced its file already
    if requested is None or requested.resource != WORKOUTS:
        return
    for workout in content:
        key = _key_or_none(workout)
        if key is not None:
            yield _file(account, key)
    yield from _next_page(requested, len(content))


def _workouts(account: str, named: list[tuple[str, Any]]) -> Iterator[Part]:
    errors: _Errors = []
    facts: list[Fact] = []
    for where, content in named:
        try:
            workout = object_of(content, where)
            key = kept_without(errors, "", _key, *_named(workout, where))
            facts.append(suunto_workout(workout, key, where, errors))
        except Unreadable as error:
            errors.append(error)
    yield Part(account=account, facts=tuple(facts), rejects=rejects(errors))


def _key_or_none(workout: object) -> str | None:
    try:
        return _key(*_named(object_of(workout, "workout"), "workout"))
    except Unreadable:
        return None


def _named(workout: JsonObject, where: str) -> tuple[object, str]:
    """Return the key of a workout with its path; the data of one workout have it as `key`."""
    name = next((name for name in _KEYS if workout.get(name) is not None), _KEYS[0])
    return workout.get(name), f"{where}.{name}"


def _key(value: object, where: str) -> str:
    """Return what names a workout; its number does not, for that may be 0."""
    # it becomes a part of a path, so nothing may be in it that a path means something by
    key = text(value, where)
    if not _LONGEST_KEY.fullmatch(key):
        raise Unreadable(where, "not the key of a workout")
    return key


def _file(account: str, key: str) -> Fetch:
    path = f"{LIST_PATH}{key}/fit"
    return Fetch(account=account, resource="fit", key=key, path=path, format="fit")


def _next_page(requested: Fetch, count: int) -> Iterator[Fetch]:
    """Yield the Fetch of the page behind one of `count` workouts, if that is full.

    The key says which page it was, for the query of a fetch does not travel with its answer.
    """
    # a key of another form is of a fetch that has no further pages
    page = _PAGE_KEY.fullmatch(requested.key)
    if page is None:
        return
    limit, offset = int(page[2]), int(page[3])
    if 0 < limit <= count and offset + limit <= _MOST_OFFSET:
        yield Fetch(
            account=requested.account,
            resource=WORKOUTS,
            key=f"{page[1]}:{limit}+{offset + limit}",
            path=requested.path,
            format="suunto",
        )


def _samples(account: str, samples: list[Any], where: str) -> Iterator[ReaderItem]:
    errors: _Errors = []
    facts = tuple(suunto_samples(samples, where, errors))
    yield Part(account=account, facts=facts, rejects=rejects(errors))
