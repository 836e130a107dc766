"""WHOOP's cues and answers to facts, further requests and retractions. Pure.

A cue names a user, an object and what happened to it, and holds no data:

    {"user_id": 10129, "id": ..., "type": "workout.updated", "trace_id": ...}

The cue of a recovery names its sleep. The way to the recovery leads over that sleep, which names
its cycle. An answer is one record, or a page: `{"records": [...], "next_token": ...}`. What is not
scored yet is asked for again, later and later; its times hold already.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from model.calendar import MINUTE_MS
from model.facts import Deletion, Fact
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    head,
    kept_without,
    list_of,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.vendors.paging import page_after
from parsers.vendors.whoop.names import (
    DELETED_EVENT,
    SLEEP_OF_RECOVERY,
    UPDATED_EVENT,
    WHOOP_ACTIVITY_PATH,
    WHOOP_CYCLE_PATH,
    WHOOP_KINDS,
)
from parsers.vendors.whoop.records import (
    WhoopRecord,
    facts_of_record,
    is_pending,
    kind_of_record,
    whoop_source,
)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # becomes a part of a path
_MOST_ID = 2**63 - 1
_FIRST_PAUSE_MS, _MOST_TRIES = 5 * MINUTE_MS, 8  # the last one is half a day after the first
_AGAIN = re.compile(r"(.*)/again([0-9])", re.DOTALL)


def read_whoop(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a cue or an answer means; BodyError where it is neither."""
    body = document(payload)
    try:
        if "records" in body:
            yield from _page(body, context)
        elif kind_of_record(body):
            yield from _single(body, context)
        else:
            yield from _cue(body, context)
    except Unreadable as error:
        raise body_error(error) from error


def _cue(body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    kind, dot, event = text(body.get("type"), "type").partition(".")
    account = whoop_user(body.get("user_id"), "user_id")
    if not dot or kind not in WHOOP_KINDS or event not in (UPDATED_EVENT, DELETED_EVENT):
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)
        return
    name = text(body.get("id"), "id")
    if not _ID.fullmatch(name):
        raise Unreadable("id", "not an id of an object")
    if event == DELETED_EVENT:
        yield Part(account=account, facts=(_deletion(f"{kind}:{name}", context),))
        return
    # each event has its own, and each event asks anew; one without it is acted on too
    errors: list[Unreadable] = []
    trace = kept_without(errors, "", optional_text, body.get("trace_id"), "trace_id")
    resource = SLEEP_OF_RECOVERY if kind == "recovery" else kind
    yield _object(account, resource, name, f"{name}/{trace}")
    yield from rejects(errors)


def whoop_user(value: object, where: str) -> str:
    """Return WHOOP's user id, a whole number, as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_ID:
        raise Unreadable(where, "not a user's number")
    return str(value)


def _deletion(record: str, context: Context) -> Deletion:
    """Return the retraction of a record; the cue says nothing of when it was deleted.

    It has no revision, so it applies to all that was stated until it came.
    """
    at_ms = context.received_ms
    # under a name of its own: the record itself has revisions, and would replace it
    named = head(whoop_source(), f"{record}:deleted", 0, (at_ms, at_ms), None)
    return Deletion(head=named, target=record)


def _object(account: str, resource: str, name: str, key: str, not_before_ms: int = 0) -> Fetch:
    kind = "sleep" if resource == SLEEP_OF_RECOVERY else resource
    return Fetch(
        account=account,
        resource=resource,
        key=key,
        path=f"{WHOOP_ACTIVITY_PATH}{kind}/{name}",
        format="whoop",
        not_before_ms=not_before_ms,
    )


def _single(body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    """Yield what one record means, and what must be asked for because of it."""
    record = WhoopRecord(body, "body", [])
    facts = tuple(_facts(record))
    requested = context.requested
    yield Part(account=_account(record, context), facts=facts, rejects=rejects(record.errors))
    if requested is None:
        return
    # the cue of a recovery names only its sleep, which names the cycle
    if requested.resource == SLEEP_OF_RECOVERY:
        yield _recovery_of(body, requested)
    elif is_pending(body):
        yield from _later(requested, requested.path, requested.key, context.received_ms)


def _facts(record: WhoopRecord) -> Iterator[Fact]:
    try:
        yield from facts_of_record(record)
    except Unreadable as error:
        record.errors.append(error)


def _account(record: WhoopRecord, context: Context) -> str:
    """Return whose record it is: the account that was asked for, else the one that it names."""
    if context.requested is not None:
        return context.requested.account
    stated = record.field("user_id")
    return "" if stated[0] is None else whoop_user(*stated)


def _recovery_of(sleep: JsonObject, requested: Fetch) -> Fetch:
    cycle = sleep.get("cycle_id")
    if isinstance(cycle, bool) or not isinstance(cycle, int) or not 0 <= cycle <= _MOST_ID:
        raise Unreadable("body.cycle_id", "not the number of a cycle")
    return Fetch(
        account=requested.account,
        resource="recovery",
        # with the trace of the cue, so that each cue leads to a recovery that is asked for anew
        key=requested.key,
        path=f"{WHOOP_CYCLE_PATH}{cycle}/recovery",
        format="whoop",
    )


def _later(requested: Fetch, path: str, key: str, received_ms: int) -> Iterator[ReaderItem]:
    """Yield the request for what is not scored yet; each time it waits twice as long."""
    match = _AGAIN.fullmatch(key)
    name, tried = (match[1], int(match[2]) + 1) if match else (key, 0)
    # what is never scored must not be asked for without end
    if tried >= _MOST_TRIES:
        yield rejects([Unreadable("body.score_state", "not scored after half a day")])[0]
        return
    yield Fetch(
        account=requested.account,
        resource=requested.resource,
        key=f"{name}/again{tried}",
        path=path,
        format="whoop",
        not_before_ms=received_ms + (_FIRST_PAUSE_MS << tried),
    )


def _page(body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    """Yield the facts of the records of each account, then what is to be asked next."""
    facts: dict[str, list[Fact]] = {}
    errors: dict[str, list[Unreadable]] = {}
    waiting: list[JsonObject] = []
    for index, value in enumerate(list_of(body["records"], "records")):
        where = f"records[{index}]"
        try:
            record = WhoopRecord(object_of(value, where), where, [])
            account = _account(record, context)
        except Unreadable as error:
            yield rejects([error])[0]
            continue
        # one bad record costs itself alone
        facts.setdefault(account, []).extend(_facts(record))
        errors.setdefault(account, []).extend(record.errors)
        if is_pending(record.item):
            waiting.append(record.item)
    for account, own in facts.items():
        yield Part(account=account, facts=tuple(own), rejects=rejects(errors[account]))
    if context.requested is not None:
        yield from _pending(waiting, context.requested, context.received_ms)
        yield from _next_page(body, context.requested)


def _pending(records: list[JsonObject], requested: Fetch, received_ms: int) -> Iterator[ReaderItem]:
    for record in records:
        kind, name = kind_of_record(record), record.get("id")
        # a recovery has no id and no path of its own; its cue comes when it is scored
        if kind == "workout" and isinstance(name, str) and _ID.fullmatch(name):
            key = f"{name}/{record.get('updated_at', '')}"
            path = f"{WHOOP_ACTIVITY_PATH}{kind}/{name}"
            # a page is asked for once; only what is pending of it is asked for again
            single = replace(requested, resource=kind)
            yield from _later(single, path, key[:200], received_ms)


def _next_page(body: JsonObject, requested: Fetch) -> Iterator[Fetch]:
    token = body.get("next_token")
    # both are seen at the last page
    if token is not None and token != "":
        yield page_after(requested, token, "next_token", parameter="nextToken")
