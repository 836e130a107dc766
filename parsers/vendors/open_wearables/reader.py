"""Open Wearables' outgoing webhooks to facts: workouts, samples, totals of days, wear. Pure.

A body holds one event: `{"type": …, "data": {"user_id": …, …}}`. Bodies have no revision: of a
workout's or a night's versions the last stated counts, of a day's totals the greatest (they grow),
and samples join their series. Positions and stages of sleep are never read.
"""

from collections.abc import Iterator

from model.facts import Fact, Parsed, RejectKind
from model.received import Context, Notice, NoticeKind, ReaderItem
from parsers.bounds import MOST_FACTS
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.lazy_readers import single_part
from parsers.vendors.open_wearables.columns import columns_of_batch
from parsers.vendors.open_wearables.names import (
    CONNECTION_EVENTS,
    NOT_FOLLOWED_EVENTS,
    SLEEP_EVENT,
    WORKOUT_EVENTS,
)
from parsers.vendors.open_wearables.series import is_series, series_facts
from parsers.vendors.open_wearables.sessions import event_night, event_workout


def read_open_wearables(body: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield the facts of one event or what it notifies; BodyError as `parse_open_wearables`."""
    parsed = columns_of_batch(body)
    # a batch that reads as columns is of samples, and no notice
    if parsed is None:
        event = document(body)
        kind = event.get("type")
        if isinstance(kind, str) and kind in CONNECTION_EVENTS:
            yield _notice(CONNECTION_EVENTS[kind], event)
            return
        parsed = _singly(event)
    result = parsed
    yield from single_part(lambda _body: result)(body, context)


def _notice(kind: NoticeKind, event: JsonObject) -> Notice:
    """Return what became of a user's connection to one vendor; its scope is that vendor."""
    try:
        data = object_of(event.get("data"), "data")
        account = text(data.get("user_id"), "data.user_id")
        provider = optional_text(data.get("provider"), "data.provider")
    except Unreadable as error:
        raise body_error(error) from error
    return Notice(account=account, kind=kind, scopes=(provider,) if provider else ())


def parse_open_wearables(body: bytes) -> Parsed:
    """Return the facts of one event; BodyError when it is no event or names no user.

    A known event or series that is not followed gives neither facts nor rejects. An unknown event
    or series is a reject.
    """
    return columns_of_batch(body) or _singly(document(body))


def _singly(event: JsonObject) -> Parsed:
    try:
        data = object_of(event.get("data"), "data")
        account = text(data.get("user_id"), "data.user_id")
        kind = text(event.get("type"), "type")
    except Unreadable as error:
        raise body_error(error) from error
    errors: list[Unreadable] = []
    try:
        facts = tuple(_counted(_facts(kind, data, errors)))
    except Unreadable as error:
        facts, errors = (), [*errors, error]
    return Parsed(account=account, facts=facts, rejects=rejects(errors))


def _counted(facts: Iterator[Fact]) -> Iterator[Fact]:
    for count, fact in enumerate(facts):
        if count == MOST_FACTS:
            raise Unreadable("data", f"more than {MOST_FACTS} facts", RejectKind.TOO_MUCH)
        yield fact


def _facts(kind: str, data: JsonObject, errors: list[Unreadable]) -> Iterator[Fact]:
    if kind in WORKOUT_EVENTS:
        yield event_workout(data, errors)
    elif kind == SLEEP_EVENT:
        yield from event_night(data, errors)
    elif is_series(kind):
        yield from series_facts(data, errors)
    elif kind not in NOT_FOLLOWED_EVENTS:
        raise Unreadable("type", "an unknown event", RejectKind.UNKNOWN)
