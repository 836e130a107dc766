"""Reads what Google Health sends: notifications, one or a list, and answers with points. Pure."""

from collections.abc import Iterator

from model.errors import BodyError
from model.facts import RejectKind
from model.received import Context, Part, ReaderItem
from model.vendors.google_windows import mark_of, next_page
from parsers.bounds import MOST_RECORDS
from parsers.fields import JsonObject, Unreadable, json_in_body, list_of, object_of
from parsers.phone.collected import Collected
from parsers.stated_once import dumps_once
from parsers.vendors.google_health.names import MEMBERS_BESIDE
from parsers.vendors.google_health.notices import read_notifications
from parsers.vendors.google_health.points import add_point

POINTS, NEXT = "dataPoints", "nextPageToken"
_LONGEST_TOKEN = 4_096
_MARK = "kadens"  # the member of a kept answer that sets it apart from the same bytes before
_ANSWER = frozenset({POINTS, NEXT})


def read_google_health(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a push announces, or the facts of an answer and the fetch of its next page.

    An answer without a point is an empty object. Raises BodyError for what is neither.
    """
    parsed = json_in_body(payload)
    if isinstance(parsed, list):
        yield from read_notifications(parsed, context.received_ms)
    elif isinstance(parsed, dict) and ("data" in parsed or "type" in parsed):
        yield from read_notifications([parsed], context.received_ms)
    # nothing in a window is an empty object, which only an answer may be
    elif isinstance(parsed, dict) and (_ANSWER & parsed.keys() or context.requested is not None):
        yield from _read_points(parsed, context)
    else:
        raise BodyError("@0", "neither a notification nor an answer with points")


def _read_points(answer: JsonObject, context: Context) -> Iterator[ReaderItem]:
    into = Collected()
    listed = answer.get(POINTS)
    try:
        points = list_of([] if listed is None else listed, POINTS)
    except Unreadable as error:
        raise BodyError(error.where, error.why, error.kind) from error
    if len(points) > MOST_RECORDS:
        raise BodyError(POINTS, f"more than {MOST_RECORDS} points", RejectKind.TOO_MUCH)
    for index, point in enumerate(points):
        try:
            if not add_point(object_of(point, ""), index, into) and not _is_empty(point):
                why = "a data type that is not read"
                into.refused.add(POINTS, index, Unreadable("", why, RejectKind.UNKNOWN))
        except Unreadable as error:
            into.refused.add(POINTS, index, error)
    yield _part(answer, into, context)
    yield from _next(answer.get(NEXT), context)


def _is_empty(point: JsonObject) -> bool:
    return not point.keys() - MEMBERS_BESIDE


def _part(answer: JsonObject, into: Collected, context: Context) -> Part:
    account = "" if context.requested is None else context.requested.account
    try:
        series = tuple(into.series.stream())
    except Unreadable as error:
        series = ()
        into.refused.add(POINTS, None, error)
    facts = (*into.facts, *series)
    kept = _marked(answer, context) if facts else None
    return Part(account=account, facts=facts, rejects=into.refused.rejects(), kept=kept)


def _marked(answer: JsonObject, context: Context) -> bytes | None:
    """Return an answer after a deletion with its mark, None for every other answer."""
    # A replay reads what was kept, mark and all, and must give the same facts.
    mark = "" if context.requested is None else mark_of(context.requested)
    return dumps_once({**answer, _MARK: mark}) if mark and _MARK not in answer else None


def _next(token: object, context: Context) -> Iterator[ReaderItem]:
    if context.requested is None or token is None or token == "":
        return
    if not isinstance(token, str):
        raise BodyError(NEXT, "not a text")
    # It becomes a part of a request: nothing else may be smuggled in with it.
    if len(token) > _LONGEST_TOKEN or not token.isprintable():
        raise BodyError(NEXT, "not a token that can be sent")
    page = next_page(context.requested, token)
    # The facts of this page are out already, and only the next page is given up.
    if page is None:
        raise BodyError(NEXT, "more pages than are asked for", RejectKind.TOO_MUCH)
    yield page
