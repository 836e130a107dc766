"""Terra's events to facts and notices. Pure.

    {"type": "activity", "user": {"user_id": ..., "provider": "GARMIN", ...}, "data": [...]}

A user of Terra is one connection of a patient to one vendor. An object that is sent again replaces
itself. The header `x-terra-ordering-timestamp` says when Terra made the event, which stays the same
when it is delivered again hours later: it is the revision of all that the event holds.
"""

from collections.abc import Iterator
from dataclasses import replace

from model.facts import RejectKind
from model.received import Context, Notice, NoticeKind, Part, ReaderItem
from model.versions.receipt import AHEAD_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    kept_without,
    list_of,
    object_of,
    optional_text,
    text,
)
from parsers.phone.collected import Collected
from parsers.vendors.hubs.terra_entries import ENTRIES
from parsers.vendors.hubs.terra_entry import TerraEntry, refuse
from parsers.vendors.hubs.terra_names import FAILED_KINDS, NOT_FOLLOWED_KINDS, NOTICED_KINDS
from parsers.vendors.request_note import dated_push

ORDERING = "x-terra-ordering-timestamp"
_BEHIND_A_LINK = "s3_payload"
_LONGEST_STAMP = 15  # digits; epoch ms have 13
_MOST_SCOPES = 64


def read_terra(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what an event means; BodyError where it is no event or names no user."""
    body = document(payload)
    try:
        for item in _items(_kind(body), body, context):
            yield _as_kept(item, payload, body, context)
    except Unreadable as error:
        raise body_error(error) from error


def _kind(body: JsonObject) -> str:
    kind = text(body.get("type"), "type")
    return FAILED_KINDS.get(kind, kind) if body.get("status") == "error" else kind


def _items(kind: str, body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    if kind in ENTRIES:
        yield _part(kind, body, context)
    elif kind in NOTICED_KINDS:
        for meaning, member in NOTICED_KINDS[kind]:
            # the old user of a new sign-in is named only where Terra still knows it
            if body.get(member) is not None or member == "user":
                yield _notice(meaning, body, member)
    elif kind == _BEHIND_A_LINK:
        why = "the data are behind a link, which is not fetched: let Terra send them in the body"
        raise Unreadable("url", why, RejectKind.UNKNOWN)
    elif kind not in NOT_FOLLOWED_KINDS:
        yield Notice(account=_known_user(body), kind=NoticeKind.UNKNOWN)


def _as_kept(item: ReaderItem, payload: bytes, body: JsonObject, context: Context) -> ReaderItem:
    """Return an item; what is kept of data has the time at which Terra made the event.

    An event in the words of an earlier one is no second delivery of it, unless it was made then.
    """
    made_ms = _revision(context)
    if not isinstance(item, Part) or not made_ms:
        return item
    return replace(item, kept=dated_push(payload, body, str(made_ms)))


def _known_user(body: JsonObject) -> str:
    """Return the user of an event that need not have one."""
    user = body.get("user")
    return optional_text(user.get("user_id"), "user.user_id") if isinstance(user, dict) else ""


def _notice(kind: NoticeKind, body: JsonObject, member: str) -> Notice:
    if body.get(member) is None:
        return Notice(account="", kind=kind)
    user = object_of(body[member], member)
    account = text(user.get("user_id"), f"{member}.user_id")
    scopes = _scopes(user.get("scopes")) if kind is NoticeKind.PERMISSIONS else ()
    return Notice(account=account, kind=kind, scopes=scopes)


def _scopes(value: object) -> tuple[str, ...]:
    """Return scopes, which come as a text with commas or as a list; those that are no text go."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        return ()
    words = [word.strip() for word in listed[:_MOST_SCOPES] if isinstance(word, str)]
    return tuple(filter(None, words))


def _part(kind: str, body: JsonObject, context: Context) -> Part:
    user = object_of(body.get("user"), "user")
    account = text(user.get("user_id"), "user.user_id")
    revision, into = _revision(context), Collected()
    errors: list[Unreadable] = []
    stated = user.get("provider"), "user.provider"
    provider = kept_without(errors, "", optional_text, *stated).lower()
    refuse(errors, into)
    for index, item in enumerate(list_of(body.get("data"), "data")):
        where = f"data[{index}]"
        try:
            fields = object_of(item, where)
            entry = TerraEntry(fields=fields, where=where, provider=provider, revision=revision)
            ENTRIES[kind](entry, into)
        except Unreadable as error:
            into.refused.add("", None, error)
    facts = (*into.facts, *into.series.stream())
    return Part(account=account, facts=facts, rejects=into.refused.rejects())


def _revision(context: Context) -> int:
    """Return when Terra made the event, in epoch ms; 0 where it does not say, or cannot be right.

    The header is not signed. An instant after the receipt is none.
    """
    written = context.headers.get(ORDERING, "")
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST_STAMP):
        return 0
    made_ms = int(written)
    # a wrong stamp in the future would stand above every version to come
    if context.received_ms and made_ms > context.received_ms + AHEAD_MS:
        return 0
    return made_ms
