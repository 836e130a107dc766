"""Strava's webhooks: unsigned events without data become requests to fetch it. Pure.

    {"object_type": "activity", "object_id": 1360128428, "aspect_type": "create", "updates": {},
     "owner_id": 134815, "subscription_id": 120475, "event_time": 1516126040}

Whatever an event says of an activity, it is asked for anew. Two things cannot be asked for: that an
activity is deleted, and that an athlete withdrew. Events of another subscription than ours change
nothing, where the secrets file names ours.
"""

from collections.abc import Iterator

from model.facts import Deletion, RejectKind, Source
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.bounds import readable
from parsers.fields import JsonObject, Unreadable, head, kept_without, rejects, text

STRAVA_FORMAT = "strava"
SUBSCRIPTION = "subscription"  # the parameter with which the door says which subscription is ours
STRAVA_SOURCE = Source(vendor="strava", app="Strava")
_MOST_ID = 2**63 - 1
_LATEST_S = 2**33
_ACTIVITY = "activity"


def read_event(event: JsonObject, where: str, context: Context) -> Iterator[ReaderItem]:
    """Yield what an event means; Unreadable for what is none."""
    ours = context.query.get(SUBSCRIPTION, "")
    theirs = number_text(event.get("subscription_id"), f"{where}.subscription_id")
    account = number_text(event.get("owner_id"), f"{where}.owner_id")
    kind = text(event.get("object_type"), f"{where}.object_type")
    aspect = text(event.get("aspect_type"), f"{where}.aspect_type")
    if ours and ours != theirs:
        yield Notice(account="", kind=NoticeKind.UNKNOWN)
    elif kind == "athlete":
        yield _of_athlete(event, account, aspect)
    # kinds of objects that Strava adds later are counted, and change nothing
    elif kind != _ACTIVITY:
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)
    else:
        yield from _of_activity(event, account, aspect, where, context)


def _of_athlete(event: JsonObject, account: str, aspect: str) -> ReaderItem:
    updates = event.get("updates")
    authorized = updates.get("authorized") if isinstance(updates, dict) else None
    # Strava writes it as a text; some receivers have also seen that an athlete is deleted
    if aspect == "delete" or str(authorized).lower() == "false":
        return Notice(account=account, kind=NoticeKind.REVOKED)
    return Notice(account=account, kind=NoticeKind.UNKNOWN)


def _of_activity(
    event: JsonObject, account: str, aspect: str, where: str, context: Context
) -> Iterator[ReaderItem]:
    """Yield what an event of an activity means; one without its time is of when it came."""
    # ids have more digits than a double holds, so they are never read as one
    activity = number_text(event.get("object_id"), f"{where}.object_id")
    errors: list[Unreadable] = []
    at_s = context.received_ms // 1000
    if event.get("event_time") is not None:
        stated = event["event_time"], f"{where}.event_time"
        at_s = kept_without(errors, at_s, _event_second, *stated)
    if aspect == "delete":
        facts = tuple(_retracted(activity, at_s * 1000))
        yield Part(account=account, facts=facts, rejects=rejects(errors))
        return
    if aspect in ("create", "update"):
        yield fetch_activity(account, activity, str(at_s))
    else:
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)
    yield from rejects(errors)


def _event_second(value: object, where: str) -> int:
    at_s = int(number_text(value, where))
    if at_s > _LATEST_S or not readable(at_s * 1000):
        raise Unreadable(where, "not a time that is read", RejectKind.RANGE)
    return at_s


def _retracted(activity: str, at_ms: int) -> Iterator[Deletion]:
    """Yield the retraction of an activity and of its samples."""
    for record in (f"strava:{activity}", f"strava:{activity}:samples"):
        fact_head = head(STRAVA_SOURCE, record, 0, (at_ms, at_ms), None)
        yield Deletion(head=fact_head, target=record)


def fetch_activity(account: str, activity: str, when: str) -> Fetch:
    """Return the request of an activity; `when` distinguishes its announcements."""
    return Fetch(
        account=account,
        resource=_ACTIVITY,
        key=f"{activity}/{when}",
        path=f"/api/v3/activities/{activity}",
        query=(("include_all_efforts", "false"),),
        format=STRAVA_FORMAT,
    )


def number_text(value: object, where: str) -> str:
    """Return an id, a whole number of up to 63 bits, as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_ID:
        raise Unreadable(where, "not an id", RejectKind.FIELD)
    return str(value)
