"""Reads Fitbit's notices and the recorded answers of its interface, which ended in 2026. Pure.

    [{"collectionType": "activities", "date": "2026-03-01", "ownerId": "ABC123", ...}]
    {"activities-heart": [{"dateTime": "2026-03-01", ...}],
     "activities-heart-intraday": {"dataset": [{"time": "08:00:05", "value": 72}],
                                   "datasetInterval": 1, "datasetType": "second"}}

A notice names a collection and a date. Nothing can be fetched for it any more, so its fetch is
given up with that reason. Times of a day are those of a local clock without an offset: the
patient's zone places them, and is kept with the answer. Records and series are those of the export,
so that what was exported as well is held once.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias

from model.errors import BodyError
from model.facts import RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.bounds import MOST_RECORDS
from parsers.fields import (
    JsonObject,
    Unreadable,
    json_in_body,
    list_of,
    object_of,
    rejects,
    text,
)
from parsers.phone.collected import Collected
from parsers.stated_once import dumps_once
from parsers.vendors.fitbit_api.logs import add_log, add_night
from parsers.vendors.fitbit_api.series import add_beats, add_counts, add_resting, add_step_totals
from parsers.vendors.polar.local_clock import PLACED_BY, LocalClock, clock_of, date_of

API_FORMAT = "fitbit_api"
# Of the collection `activities` heart rate was what followed, of `sleep` the nights.
_COLLECTIONS = frozenset({"activities", "sleep"})
_COLLECTIONS_NOT_FOLLOWED = frozenset({"body", "foods"})
# It stood among the collections, though it is none.
_REVOKED = "userRevokedAccess"
_MOST_NOTICES = 20_000
# What would have been asked for; kept in the row, so that a person sees what is missing.
_PATHS: Mapping[str, str] = {
    "activities": "/1/user/-/activities/heart/date/{day}/1d/1sec.json",
    "sleep": "/1.2/user/-/sleep/date/{day}.json",
}


def read_fitbit_api(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what notices announce, or the facts of an answer; BodyError for what is neither."""
    parsed = json_in_body(payload)
    if isinstance(parsed, list):
        yield from _notices(parsed)
    # an answer has at least a member that is read, whatever else is in it
    elif isinstance(parsed, dict) and parsed.keys() & _ADD.keys():
        yield _answer(parsed, context)
    else:
        raise BodyError("@0", "neither notices of Fitbit nor an answer that is read")


def _notices(entries: list[Any]) -> Iterator[ReaderItem]:
    if len(entries) > _MOST_NOTICES:
        raise BodyError("body", "more notices than are read", RejectKind.TOO_MUCH)
    followed = False
    for index, entry in enumerate(entries):
        try:
            item = _notice(object_of(entry, f"[{index}]"), f"[{index}]")
        except Unreadable as error:
            item = rejects([error])[0]
        followed = followed or item is not None
        if item is not None:
            yield item
    # a body that announces nothing to follow is kept like any other
    if not followed:
        yield Part(account=_first_owner(entries), facts=())


def _first_owner(entries: list[Any]) -> str:
    owner = entries[0].get("ownerId") if entries and isinstance(entries[0], dict) else ""
    return owner if isinstance(owner, str) else ""


def _notice(entry: JsonObject, where: str) -> ReaderItem | None:
    kind = text(entry.get("collectionType"), f"{where}.collectionType")
    account = text(entry.get("ownerId"), f"{where}.ownerId")
    if kind == _REVOKED:
        return Notice(account=account, kind=NoticeKind.REVOKED)
    if kind in _COLLECTIONS_NOT_FOLLOWED:
        return None
    if kind not in _COLLECTIONS:
        return Notice(account=account, kind=NoticeKind.UNKNOWN)
    # The date is the key: a date that is announced again was the same request.
    day = date_of(entry.get("date"), f"{where}.date")
    return Fetch(
        account=account,
        resource=kind,
        key=str(day),
        path=_PATHS[kind].format(day=day),
        format=API_FORMAT,
    )


def _answer(answer: JsonObject, context: Context) -> Part:
    clock = clock_of(context, answer)
    into = Collected()
    # An answer may hold a total beside its series; both are read, and never added.
    for member, add in _ADD.items():
        if answer.get(member) is None:
            continue
        try:
            add(answer, member, clock, into)
        except Unreadable as error:
            into.refused.add("", None, error)
    # no answer names its user, so whoever asked for it says whose it is
    account = "" if context.requested is None else context.requested.account
    try:
        series = tuple(into.series.stream())
    except Unreadable as error:
        series = ()
        into.refused.add("", None, error)
    return Part(
        account=account,
        facts=(*into.facts, *series),
        rejects=into.refused.rejects(),
        kept=_kept(answer, clock),
    )


def _kept(answer: JsonObject, clock: LocalClock) -> bytes | None:
    """Return the answer with the zone that placed its times, None where it says so already."""
    # A replay knows the payload alone, and must place its times as today.
    if PLACED_BY in answer or not clock.places:
        return None
    return dumps_once({**answer, PLACED_BY: clock.note})


def _each(
    read: Callable[[JsonObject, LocalClock, Collected], None],
) -> Callable[[JsonObject, str, LocalClock, Collected], None]:
    """Return what reads every entry of a list; one that cannot be read is refused alone."""

    def add(answer: JsonObject, member: str, clock: LocalClock, into: Collected) -> None:
        entries = list_of(answer[member], member)
        if len(entries) > MOST_RECORDS:
            raise Unreadable(member, "more entries than are read", RejectKind.TOO_MUCH)
        for index, entry in enumerate(entries):
            try:
                read(object_of(entry, ""), clock, into)
            except Unreadable as error:
                into.refused.add(member, index, error)

    return add


def _heart(answer: JsonObject, member: str, clock: LocalClock, into: Collected) -> None:
    add_beats(object_of(answer[member], member), _day(answer, "activities-heart"), clock, into)


def _steps(answer: JsonObject, member: str, clock: LocalClock, into: Collected) -> None:
    add_counts(object_of(answer[member], member), _day(answer, "activities-steps"), clock, into)


def _day(answer: JsonObject, parent: str) -> date:
    """Return the date of a series of one day: that of the list beside it."""
    # The series itself has times of day only.
    entries = list_of(answer.get(parent), parent)
    entry = object_of(entries[0], f"{parent}[0]") if entries else {}
    return date_of(entry.get("dateTime"), f"{parent}[0].dateTime")


_Add: TypeAlias = Callable[[JsonObject, str, LocalClock, Collected], None]
_ADD: Mapping[str, _Add] = {
    "activities-heart": _each(add_resting),
    "activities-heart-intraday": _heart,
    "activities-steps": _each(add_step_totals),
    "activities-steps-intraday": _steps,
    "activities": _each(add_log),
    "sleep": _each(add_night),
}


def is_fitbit_answer(first: bytes) -> bool:
    """Return whether a file is a recorded answer, by the members that no other format has."""
    opened = first.lstrip()[:1] == b"{"
    return opened and any(mark in first for mark in _MARKS)


_MARKS = (
    b'"activities-heart"',
    b'"activities-steps"',
    b'"activities-heart-intraday"',
    b'"activities-steps-intraday"',
    b'"dateOfSleep"',
    b'"activityTypeId"',
)
