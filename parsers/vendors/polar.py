"""Polar's webhooks: cues without data become requests to fetch it. Pure.

A body names an event, a user, and the link of what is new:

    {"event": "EXERCISE", "user_id": 475, "entity_id": "aQlC83", "timestamp": ..., "url": ...}

PING only tests the address and names no user. Only the path of a link is used.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from model.facts import RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import JsonObject, Unreadable, body_error, document, text
from parsers.links import path_and_query

_INTERFACE = "/v3/"  # the path of every link of Polar begins so
_MOST_USER_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One row: an event that announces something to fetch.

    `named_by` is the member that names the thing. `suffix` is added to the path of its link.
    `format` reads the answer, and is empty as long as no reader does.
    """

    event: str
    resource: str
    named_by: str
    suffix: str = ""
    format: str = ""


# An exercise is fetched as the FIT file of the watch: every sample, and one reader for all makers.
CUES: tuple[Cue, ...] = (
    Cue(event="EXERCISE", resource="exercise", named_by="entity_id", suffix="/fit", format="fit"),
    Cue(event="CONTINUOUS_HEART_RATE", resource="continuous_heart_rate", named_by="date"),
    Cue(event="ACTIVITY_SUMMARY", resource="activity_summary", named_by="date"),
)
# Known, but not needed to follow up exercise, and so not fetched.
NOT_FOLLOWED_CUES = frozenset(
    ("SLEEP", "SLEEP_WISE_CIRCADIAN_BEDTIME", "SLEEP_WISE_ALERTNESS", "PHYSICAL_INFORMATION")
)


def parse_polar(payload: bytes, _context: Context) -> Iterator[ReaderItem]:
    """Yield what a webhook means: a Notice, a Fetch or an empty Part; BodyError if it is none."""
    body = document(payload)
    try:
        yield _item(body)
    except Unreadable as error:
        raise body_error(error) from error


def _item(body: JsonObject) -> ReaderItem:
    event = text(body.get("event"), "event")
    if event == "PING":
        return Notice(account="", kind=NoticeKind.PING)
    account = _account(body.get("user_id"))
    for cue in CUES:
        if cue.event == event:
            return _fetch(cue, account, body)
    if event in NOT_FOLLOWED_CUES:
        return Part(account=account, facts=())
    return Notice(account=account, kind=NoticeKind.UNKNOWN)


def _fetch(cue: Cue, account: str, body: JsonObject) -> Fetch:
    path, query = path_and_query(body.get("url"), _INTERFACE, "url")
    name = text(body.get(cue.named_by), cue.named_by)
    # The same day is announced again as it grows, so the time of the cue is a part of its key.
    sent = text(body.get("timestamp"), "timestamp")
    return Fetch(
        account=account,
        resource=cue.resource,
        key=f"{name}/{sent}",
        path=f"{path.rstrip('/')}{cue.suffix}",
        query=query,
        format=cue.format,
    )


def _account(value: object) -> str:
    """Return Polar's user id, a whole number, as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_USER_ID:
        raise Unreadable("user_id", "not a user's number", RejectKind.FIELD)
    return str(value)
