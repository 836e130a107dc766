"""Garmin's pushes to facts: one body with lists of records of many users. Pure.

    {"dailies": [{"userId": ..., "summaryId": ..., ...}, ...], "activities": [...], ...}

The body is walked twice: first to learn which records belong to which user, then user by user. So
only the facts of one user are in memory at a time. The part of a user keeps that user's own records
and no others. A record with a `callbackURL` holds no data: it becomes a Fetch. Deregistrations and
changes of permissions become Notices. Positions are never read.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

from model.envelope import SNIFF
from model.errors import BodyError
from model.facts import Fact, Reject, RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    grouped,
    kept_without,
    list_of,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.json_records import ListedRecord, is_list, listed_records, records_of_list, text_of
from parsers.links import host_of_link, path_and_query
from parsers.stated_once import TWICE, TWICE_STATED, loads_once
from parsers.vendors.garmin.activities import (
    garmin_activity,
    garmin_details,
    garmin_edit,
    garmin_move_iq,
)
from parsers.vendors.garmin.days import garmin_day, garmin_slot
from parsers.vendors.garmin.names import ALIASES, NOT_FOLLOWED_LISTS
from parsers.vendors.garmin.nights import garmin_night, garmin_snapshot, garmin_variability
from parsers.vendors.garmin.values import GarminErrors

_INTERFACE = "/wellness-api/rest/"  # the path of every link of Garmin begins so
FILES_LIST = "activityFiles"  # the list whose links lead to files
MOST_USERS = 10_000  # in one body
MOST_USER_RECORDS = 20_000  # of one user in one body; a day of epochs has a few hundred
_MOST_SCOPES = 64
_USER = '"userId"'
_NO_LINK = (None, "")  # as a gateway writes a link that is absent
_CHECK_WIDTH = 250_000  # objects of one record: a day of samples a second has 90,000

# A record, its path and what was wrong with it so far -> the facts of the record.
_ReadRecord: TypeAlias = Callable[[JsonObject, str, GarminErrors], Iterable[Fact]]
# The lists whose records hold data.
_READERS: dict[str, _ReadRecord] = {
    "dailies": garmin_day,
    "epochs": garmin_slot,
    "activities": garmin_activity,
    "manuallyUpdatedActivities": garmin_edit,
    "activityDetails": garmin_details,
    "moveIQActivities": garmin_move_iq,
    "sleeps": garmin_night,
    "hrv": garmin_variability,
    "healthSnapshot": garmin_snapshot,
}

# (the list, the index in it, the start and the end in the text)
RecordPosition = tuple[str, int, int, int]


def read_garmin(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield Fetches and Notices as they come, then Rejects, then a Part for each user.

    Users are in the order of their first records. Raises BodyError when the payload is not an
    object of lists. The answer to a Fetch may be a bare list.
    """
    content = text_of(payload)
    users: dict[str, list[RecordPosition]] = {}
    refused: list[Unreadable] = []
    for record in _records(content, context):
        try:
            item = _sorted_in(_once(record, content), users, refused, context)
        except Unreadable as error:
            refused.append(error)
            continue
        if item is not None:
            yield item
    yield from rejects(refused)
    # All positions are known before the first part, since the records of users lie mixed.
    for account, places in users.items():
        yield _part(account, places, content)


def _records(content: str, context: Context) -> Iterator[ListedRecord]:
    requested = context.requested
    if requested is not None and is_list(content):
        return records_of_list(content, requested.resource)
    return listed_records(content)


def _once(record: ListedRecord, content: str) -> ListedRecord:
    """Return a record in which a member of two values is none, where more than data rests on it.

    A record of data is read so in the second walk. Only its user is needed here.
    """
    fields = record.value if isinstance(record.value, dict) else {}
    name = ALIASES.get(record.name, record.name)
    is_cue = name in NOTICES or name == FILES_LIST or "callbackURL" in fields
    if is_cue or content.count(_USER, record.start, record.end) > 1:
        return replace(record, value=_value(content[record.start : record.end], record.where))
    return record


def _sorted_in(
    record: ListedRecord,
    users: dict[str, list[RecordPosition]],
    refused: GarminErrors,
    context: Context,
) -> ReaderItem | None:
    """Note the position of a record of data by its user; return what any other record means."""
    name = ALIASES.get(record.name, record.name)
    if name in NOT_FOLLOWED_LISTS:
        return None
    # lists of tomorrow must not stop those of today
    if name not in _READERS and name not in NOTICES and name != FILES_LIST:
        if record.index is None:
            raise Unreadable("body", "neither a list nor a known name", RejectKind.UNKNOWN)
        # An unknown list makes a single notice, not a notice for each of its records.
        return Notice(account="", kind=NoticeKind.UNKNOWN) if not record.index else None
    if record.index is None:
        raise Unreadable(record.where, "not a list")
    fields = object_of(record.value, record.where)
    account = _account(fields.get("userId"), f"{record.where}.userId", context)
    if name in NOTICES:
        scopes = _scopes(fields.get("permissions"), record, refused)
        return Notice(account=account, kind=NOTICES[name], scopes=scopes)
    # push and ping are chosen for each kind, and a body may hold both
    if fields.get("callbackURL") not in _NO_LINK or name == FILES_LIST:
        return _fetch(name, account, record, refused)
    places = users.setdefault(account, [])
    if len(users) > MOST_USERS or len(places) >= MOST_USER_RECORDS:
        raise BodyError("body", "more users or records than a body may hold", RejectKind.TOO_MUCH)
    places.append((name, record.index, record.start, record.end))
    return None


NOTICES: dict[str, NoticeKind] = {
    "deregistrations": NoticeKind.REVOKED,
    "userPermissionsChange": NoticeKind.PERMISSIONS,
}


def _account(value: object, where: str, context: Context) -> str:
    """Return the user of a record; an answer without a user belongs to the user of the Fetch."""
    # never the other way round: a body that was pushed must say whose it is
    if value is None and context.requested is not None:
        return context.requested.account
    return text(value, where)


def _scopes(value: object, record: ListedRecord, refused: GarminErrors) -> tuple[str, ...]:
    """Return the permissions that can be read; what is no text among them is refused alone."""
    where = f"{record.where}.permissions"
    listed = [] if value is None else list_of(value, where)
    if len(listed) > _MOST_SCOPES:
        raise Unreadable(where, f"more than {_MOST_SCOPES} permissions", RejectKind.TOO_MUCH)
    words = [kept_without(refused, "", text, item, where) for item in listed]
    return tuple(filter(None, words))


def _fetch(name: str, account: str, record: ListedRecord, refused: GarminErrors) -> Fetch:
    """Return the Fetch for a record with a link, which is used as given on the pinned host."""
    link, where = record.value.get("callbackURL"), f"{record.where}.callbackURL"
    path, query = path_and_query(link, _INTERFACE, where)
    host = host_of_link(link, where)
    if name != FILES_LIST:
        key = sha256(str(link).encode()).hexdigest()[:24]
        return Fetch(
            account=account,
            resource=name,
            key=key,
            path=path,
            query=query,
            format="garmin",
            host=host,
        )
    summary = text(record.value.get("summaryId"), f"{record.where}.summaryId")
    stated = record.value.get("fileType"), f"{record.where}.fileType"
    kind = kept_without(refused, "", optional_text, *stated)
    # The declared type of a file is sometimes wrong, so its bytes decide.
    return Fetch(
        account=account,
        resource=name,
        key=f"{summary}.{kind}",
        path=path,
        query=query,
        format=SNIFF,
        host=host,
    )


def _part(account: str, places: list[RecordPosition], content: str) -> Part:
    """Return the facts of a user, and the slice of the payload with that user's records alone."""
    facts: list[Fact] = []
    refused: list[Reject] = []
    lists: dict[str, list[str]] = {}
    for name, index, start, end in places:
        errors: list[Unreadable] = []
        kept = _read_record(name, index, content[start:end], account, facts, errors)
        # grouped for each record: a body may have hundreds of thousands of faults
        refused += rejects(errors)
        if kept is not None:
            lists.setdefault(name, []).append(kept)
    return Part(account=account, facts=tuple(facts), rejects=grouped(refused), kept=_kept(lists))


def _read_record(
    name: str,
    index: int,
    written: str,
    account: str,
    facts: list[Fact],
    errors: list[Unreadable],
) -> str | None:
    """Add the facts and the faults of a record; return it as it is kept, None where it is not."""
    where = f"{name}[{index}]"
    try:
        record = object_of(_value(written, where), where)
        # one that two users claim is sealed with the key of neither
        if record.get("userId") is TWICE:
            errors.append(Unreadable(f"{where}.userId", TWICE_STATED))
            return None
        written = _named(written, record, account)
        facts += _READERS[name](record, where, errors)
    except Unreadable as error:
        errors.append(error)
    return written


def _named(written: str, record: JsonObject, account: str) -> str:
    """Return a record with its user, whom the answer to a Fetch may leave out.

    A replay reads what is kept and does not know the Fetch. A null beside the user states nothing.
    """
    if record.get("userId") is not None:
        return written
    mark = "," if record else ""
    return f'{written.rstrip()[:-1]}{mark}"userId":{json.dumps(account)}}}'


def _value(written: str, where: str) -> object:
    if written.count("{") + written.count("[") > _CHECK_WIDTH:
        raise Unreadable(where, "more values than a record may hold", RejectKind.TOO_MUCH)
    try:
        return loads_once(written)
    except ValueError as error:
        raise Unreadable(where, "not JSON that can be read") from error


def _kept(lists: dict[str, list[str]]) -> bytes:
    """Return a body of the same form, with one user's records as they were written."""
    members = []
    for name, written in lists.items():
        members.append(f'"{name}":[{",".join(written)}]')
    return f"{{{','.join(members)}}}".encode()
