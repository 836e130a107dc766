"""Polar's webhooks: cues without data become requests to fetch it. Pure.

A body names an event, a user, and the link of what is new:

    {"event": "EXERCISE", "user_id": 475, "entity_id": "aQlC83", "timestamp": ..., "url": ...}

PING only tests the address and names no user. Only the path of a link is used. An application whose
patients granted the fourth interface registers its hook with `?api=v4`: its cues are the same, and
lead to the lists of that interface.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from model.facts import RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import JsonObject, Unreadable, instant_of, text
from parsers.links import path_and_query
from parsers.vendors.polar.local_clock import date_of

_FORMAT, _FIT = "polar", "fit"
API_PARAMETER, FOURTH = "api", "v4"
_INTERFACE = "/v3/"  # the path of every link of Polar begins so
_LISTS = "/v4/data/"
_MOST_USER_ID = 2**63 - 1
_ENTITY = re.compile(r"[A-Za-z0-9_-]{1,64}")
# A watch may be connected to a phone only weeks after an exercise.
_BACK_DAYS, _AHEAD_DAYS = 30, 2
# Without them the fourth interface answers with dates alone, and with them for one date at a time.
DETAILS = ("samples", "pause-times", "training-load-report", "statistics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request: its resource, its path and query, and the format that reads the answer.

    `path` may hold the local date of the cue as `{date}`; "" is the path of the cue's link, with
    `suffix` behind it. Values of `query` may hold `{date}`, the date after it as `{next}`, and the
    bounds of the weeks around the cue as `{weeks}` and `{now}`.
    """

    resource: str
    path: str = ""
    suffix: str = ""
    query: tuple[tuple[str, str], ...] = ()
    format: str = _FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One row: an event, the member that names what is new, and what is requested for it.

    `dated` is whether that member is a local date.
    """

    event: str
    named_by: str
    dated: bool
    wanted: tuple[Wanted, ...]


def _of_date(resource: str, path: str, *features: str) -> Wanted:
    """Return the request of a list of the fourth interface for one date; `to` is exclusive."""
    span = (("from", "{date}"), ("to", "{next}"))
    listed = tuple(("features", feature) for feature in features)
    return Wanted(resource=resource, path=f"{_LISTS}{path}", query=(*span, *listed))


SESSION_LIST = f"{_LISTS}training-sessions/list"
SESSION_DAY = Wanted(
    resource="training_day",
    path=SESSION_LIST,
    # the list of sessions takes local times, where the others take dates
    query=(
        ("from", "{date}T00:00:00"),
        ("to", "{next}T00:00:00"),
        *(("features", feature) for feature in DETAILS),
    ),
)
_HEART_RATE_DAY = Wanted(
    resource="continuous_heart_rate", path=f"{_INTERFACE}users/continuous-heart-rate/{{date}}"
)
_DETAILED = (("steps", "true"), ("activity_zones", "true"))
_ACTIVITY_DAY = Wanted(
    resource="activity_summary",
    path=f"{_INTERFACE}users/activities/{{date}}",
    query=_DETAILED,
)
_HEART_RATE_LIST = _of_date("heart_rate_list", "continuous-samples", "heart-rate-samples")
_BEATS_LIST = _of_date("beats_list", "ppi-samples", "samples")
_ACTIVITY_LIST = _of_date("activity_list", "activity/list", "samples")
OFFSETS = "offsets"
# Workouts state their offset from UTC, days do not: it tells where the patient was that day.
_STATED = Wanted(resource=OFFSETS, path=f"{_INTERFACE}exercises")
_STATED_IN_LIST = Wanted(
    resource=OFFSETS,
    path=SESSION_LIST,
    query=(("from", "{date}T00:00:00"), ("to", "{next}T00:00:00")),
)
# What is requested once more with such an offset, by the first resource of its cue.
BY_OFFSET: dict[str, tuple[Wanted, ...]] = {
    "continuous_heart_rate": (_HEART_RATE_DAY,),
    "activity_summary": (_ACTIVITY_DAY,),
    "heart_rate_list": (_HEART_RATE_LIST, _BEATS_LIST),
    "activity_list": (_ACTIVITY_LIST,),
}

# An exercise is fetched as the file of the watch, with every sample, and as the interface's own
# answer: that has the patient's effort, and samples where there is no file.
_EXERCISE = (
    Wanted(resource="exercise", suffix="/fit", format=_FIT),
    Wanted(resource="exercise_details", query=(("samples", "true"),)),
)
CUES: tuple[Cue, ...] = (
    Cue(
        event="EXERCISE",
        named_by="entity_id",
        dated=False,
        wanted=_EXERCISE,
    ),
    Cue(
        event="CONTINUOUS_HEART_RATE",
        named_by="date",
        dated=True,
        wanted=(Wanted(resource="continuous_heart_rate"), _STATED),
    ),
    Cue(
        event="ACTIVITY_SUMMARY",
        named_by="date",
        dated=True,
        wanted=(Wanted(resource="activity_summary", query=_DETAILED), _STATED),
    ),
    Cue(
        event="SLEEP",
        named_by="date",
        dated=True,
        wanted=(
            Wanted(resource="sleep"),
            Wanted(
                resource="nightly_recharge", path=f"{_INTERFACE}users/nightly-recharge/{{date}}"
            ),
        ),
    ),
)
LIST_CUES: tuple[Cue, ...] = (
    Cue(
        event="EXERCISE",
        named_by="entity_id",
        dated=False,
        wanted=(
            Wanted(
                resource="training_sessions",
                path=SESSION_LIST,
                query=(("from", "{weeks}T00:00:00"), ("to", "{now}T00:00:00")),
            ),
        ),
    ),
    Cue(
        event="CONTINUOUS_HEART_RATE",
        named_by="date",
        dated=True,
        wanted=(_HEART_RATE_LIST, _BEATS_LIST, _STATED_IN_LIST),
    ),
    Cue(
        event="ACTIVITY_SUMMARY",
        named_by="date",
        dated=True,
        wanted=(_ACTIVITY_LIST, _STATED_IN_LIST),
    ),
    Cue(
        event="SLEEP",
        named_by="date",
        dated=True,
        wanted=(
            _of_date("sleep_list", "sleeps", "sleep-result"),
            _of_date("recharge_list", "nightly-recharge-results"),
        ),
    ),
)
# Known, but not needed to follow up exercise, and so not fetched.
NOT_FOLLOWED_CUES = frozenset(
    ("SLEEP_WISE_CIRCADIAN_BEDTIME", "SLEEP_WISE_ALERTNESS", "PHYSICAL_INFORMATION")
)


def read_cue(body: JsonObject, context: Context) -> Iterator[ReaderItem]:
    """Yield what a webhook means: a Notice, Fetches or an empty Part; Unreadable if it is none."""
    event = text(body.get("event"), "event")
    if event == "PING":
        yield Notice(account="", kind=NoticeKind.PING)
        return
    account = _account(body.get("user_id"))
    # from the registered address and not from the body, which is the same for both interfaces
    lists = context.query.get(API_PARAMETER) == FOURTH
    for cue in LIST_CUES if lists else CUES:
        if cue.event == event:
            yield from _fetches(cue, account, body)
            return
    if event in NOT_FOLLOWED_CUES:
        yield Part(account=account, facts=())
    else:
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)


def _fetches(cue: Cue, account: str, body: JsonObject) -> Iterator[Fetch]:
    path, query = path_and_query(body.get("url"), _INTERFACE, "url")
    # becomes a part of keys only: the path is that of the link, or is made of a parsed date
    name = text(body.get(cue.named_by), cue.named_by)
    # The same day is announced again as it grows, so the time of the cue is a part of its key.
    sent = text(body.get("timestamp"), "timestamp")
    words = _dates(name) if cue.dated else {}
    for wanted in cue.wanted:
        if not wanted.path:
            own = f"{path.rstrip('/')}{wanted.suffix}"
            query_of = (*query, *wanted.query)
            yield _fetch(wanted, account, f"{name}/{sent}", own, query_of)
        else:
            query_of = _filled(wanted, words or _weeks(sent))
            # what is asked for another resource carries its name to the reader of the answer
            named = f"{cue.wanted[0].resource}/{name}" if wanted.resource == OFFSETS else name
            own = wanted.path.format(**words)
            yield _fetch(wanted, account, f"{named}/{sent}", own, query_of)


def _fetch(
    wanted: Wanted, account: str, key: str, path: str, query: tuple[tuple[str, str], ...]
) -> Fetch:
    return Fetch(
        account=account,
        resource=wanted.resource,
        key=key,
        path=path,
        query=query,
        format=wanted.format,
    )


def fetches_of_exercise(account: str, entity: object, when: str, where: str) -> Iterator[Fetch]:
    """Yield the requests of an exercise by its id; raises Unreadable for what is no id."""
    name = text(entity, where)
    # the id came in an answer, and becomes a part of a path
    if not _ENTITY.fullmatch(name):
        raise Unreadable(where, "not the id of an exercise")
    for wanted in _EXERCISE:
        path = f"{_INTERFACE}exercises/{name}{wanted.suffix}"
        yield _fetch(wanted, account, f"{name}/{when}", path, wanted.query)


def fetch_of_date(wanted: Wanted, account: str, written: str, key: str) -> Fetch:
    """Return the request of a date, "2026-10-05"; raises Unreadable for another text."""
    words = _dates(written)
    return _fetch(wanted, account, key, wanted.path.format(**words), _filled(wanted, words))


def _filled(wanted: Wanted, words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value.format(**words)) for name, value in wanted.query)


def _dates(written: str) -> dict[str, str]:
    day = date_of(written, "date")
    try:
        return {"date": day.isoformat(), "next": (day + timedelta(days=1)).isoformat()}
    except OverflowError as error:
        raise Unreadable("date", "not a date that has a next one", RejectKind.RANGE) from error


def _weeks(sent: str) -> dict[str, str]:
    """Return the bounds of the local dates in which a session that is announced now may lie."""
    # only to refuse what is no time: the first ten letters alone could be a date by chance
    instant_of(sent, "timestamp")
    day = date_of(sent, "timestamp")
    first, last = day - timedelta(days=_BACK_DAYS), day + timedelta(days=_AHEAD_DAYS)
    return {"weeks": first.isoformat(), "now": last.isoformat()}


def _account(value: object) -> str:
    """Return Polar's user id, a whole number, as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_USER_ID:
        raise Unreadable("user_id", "not a user's number", RejectKind.FIELD)
    return str(value)
