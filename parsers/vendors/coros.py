"""COROS' pushes: links of FIT files become requests to fetch them. Pure.

    {"sportDataList": [{"openId": ..., "labelId": "418173315956375553", "fitUrl": ..., ...}]}

A label has more than 53 bits, so it is a text or a whole number and never a number with a fraction.
The link may be empty and come in a later push. A multisport activity has a file for each leg. What
was measured, and on which clock, is in the file: the unit of the pushed time zones is not certain,
so they are not read.
"""

import re
from collections.abc import Iterator

from model.facts import RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, ReaderItem
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    list_of,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.links import LONGEST_LINK, host_of_link, path_and_query

# Names that may be pinned. Which of them are asked is the connector's and the deployer's choice.
_PINNABLE = re.compile(r"([a-z0-9-]{1,63}\.){1,3}(coros\.com|cloudfront\.net)")
_MOST_ACTIVITIES = 20_000  # in one body
_MOST_LEGS = 64
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_coros(payload: bytes, _context: Context) -> Iterator[ReaderItem]:
    """Yield a Fetch for each file that a push names; BodyError where it is no list of activities.

    An activity that cannot be read is a Reject, and the others stay.
    """
    try:
        listed = _activities(document(payload))
    except Unreadable as error:
        raise body_error(error) from error
    errors: list[Unreadable] = []
    for index, item in enumerate(listed):
        where = f"sportDataList[{index}]"
        try:
            yield from _items(object_of(item, where), where, errors)
        except Unreadable as error:
            errors.append(error)
    yield from rejects(errors)


def _activities(body: JsonObject) -> list[object]:
    listed = list_of(body.get("sportDataList"), "sportDataList")
    if len(listed) > _MOST_ACTIVITIES:
        why = f"more than {_MOST_ACTIVITIES} activities"
        raise Unreadable("sportDataList", why, RejectKind.TOO_MUCH)
    return listed


def _items(record: JsonObject, where: str, errors: list[Unreadable]) -> Iterator[Fetch | Notice]:
    """Yield the files of an activity; where it has none yet, that it is announced."""
    account = text(record.get("openId"), f"{where}.openId")
    label = _label(record.get("labelId"), f"{where}.labelId")
    fetches = list(_fetches(record, account, label, where, errors))
    yield from fetches
    # a link that was refused is told as a fault, and not as one that is still to come
    if not fetches and not any(error.where.startswith(where) for error in errors):
        yield Notice(account=account, kind=NoticeKind.PROGRESS)


def _label(value: object, where: str) -> str:
    # a whole number keeps all its digits here; one that was a fraction has lost some
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    named = text(value, where)
    if not _LABEL.fullmatch(named):
        raise Unreadable(where, "not the id of an activity")
    return named


def _fetches(
    record: JsonObject, account: str, label: str, where: str, errors: list[Unreadable]
) -> Iterator[Fetch]:
    listed = record.get("triathlonItemList")
    legs = [] if listed is None else list_of(listed, f"{where}.triathlonItemList")
    if len(legs) > _MOST_LEGS:
        raise Unreadable(f"{where}.triathlonItemList", "too many legs", RejectKind.TOO_MUCH)
    # the file of all and the files of the legs may both come: the same minutes count once
    links = [(label, record.get("fitUrl"), f"{where}.fitUrl")]
    for number, leg in enumerate(legs):
        location = f"{where}.triathlonItemList[{number}]"
        try:
            link = object_of(leg, location).get("fitUrl")
            links.append((f"{label}.{number + 1}", link, f"{location}.fitUrl"))
        except Unreadable as error:
            errors.append(error)
    for key, link, location in links:
        try:
            if optional_text(link, location, LONGEST_LINK):
                yield _fetch(account, key, str(link), location)
        except Unreadable as error:
            errors.append(error)


def _fetch(account: str, key: str, link: str, where: str) -> Fetch:
    path, query = path_and_query(link, "/", where)
    host = host_of_link(link, where)
    # a port, a user or an address is no such name either
    if not _PINNABLE.fullmatch(host):
        raise Unreadable(where, "not a host of COROS", RejectKind.UNKNOWN)
    return Fetch(
        account=account,
        resource="fit",
        key=key,
        path=path,
        query=query,
        format="fit",
        host=host,
    )
