"""What an answer of a vendor means for the fetch that it answers. Pure.

Nothing of an answer's body is looked at but its first bytes, where a page of HTML begins and a FIT
file states its length, and the last ones, where a JSON document ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import TAKEN_BEFORE, TAKEN_FOR_LATER, TAKEN_TO_PUSH

_HEAD = 512  # bytes at the beginning of a body in which HTML shows itself
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body")
_CLOSING = {b"{": b"}", b"[": b"]"}
_FIT_MARK, _FIT_HEAD, _FIT_CHECK = b".FIT", 12, 2  # bytes: the least head, and the sum at the end
_LONGEST_FIT = (
    256 * 1024 * 1024
)  # a watch that lost its power may leave a length that none can have


class Meaning(StrEnum):
    """What an answer means; the words are outcomes in the metrics."""

    HERE = "here"  # the data
    PARTIAL = "partial"  # the beginning of the data
    NOTHING = "nothing"  # the vendor states that there is none
    GONE = "gone"  # the object does not exist any more
    UNAUTHORISED = "unauthorised"  # the access token does not hold
    FORBIDDEN = "forbidden"  # the patient or the vendor does not permit this
    SLOWER = "slower"  # the budget is used up
    REFUSED = "refused"  # asking again would give the same answer
    FAILED = "failed"  # asking again may help


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorResponse:
    """An answer as it came: status, headers by lower-case name, body.

    `fault` says what was wrong with it on its way, "" for a complete answer.
    """

    status: int = 0
    headers: Mapping[str, str]
    body: bytes = b""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The meaning of an answer, and its reason in words of ours, "" for data."""

    meaning: Meaning
    why: str = ""


# of an object that is no more, and of a date on which there was nothing
_NOTHING_THERE = "the vendor has nothing there"
_BY_STATUS: Mapping[int, Judged] = {
    # it comes by the webhook, as with Garmin's past
    HTTPStatus.ACCEPTED: Judged(meaning=Meaning.NOTHING, why=TAKEN_FOR_LATER),
    HTTPStatus.NO_CONTENT: Judged(meaning=Meaning.NOTHING, why="the vendor has no data of this"),
    HTTPStatus.UNAUTHORIZED: Judged(
        meaning=Meaning.UNAUTHORISED, why="the account needs reconnecting"
    ),
    HTTPStatus.FORBIDDEN: Judged(meaning=Meaning.FORBIDDEN, why="the vendor does not permit it"),
    HTTPStatus.GONE: Judged(meaning=Meaning.GONE, why=_NOTHING_THERE),
    HTTPStatus.TOO_MANY_REQUESTS: Judged(meaning=Meaning.SLOWER, why="the vendor asks to wait"),
    HTTPStatus.REQUEST_TIMEOUT: Judged(meaning=Meaning.FAILED, why="status 408"),
    HTTPStatus.CONFLICT: Judged(meaning=Meaning.FAILED, why="status 409"),
    HTTPStatus.TOO_EARLY: Judged(meaning=Meaning.FAILED, why="status 425"),
}


def meaning_of(response: VendorResponse, request: ApiRequest) -> Judged:
    """Return what an answer to a request means."""
    if response.fault:
        return Judged(meaning=Meaning.FAILED, why=response.fault)
    if request.is_pushed:
        pushed = _of_pushed(response, request)
        if pushed is not None:
            return pushed
    if response.status == HTTPStatus.OK:
        return _of_data(response)
    known = _by_vendor(response.status, request)
    if known is None and response.status == HTTPStatus.NOT_FOUND:
        return _of_missing(request)
    known = known or _BY_STATUS.get(response.status)
    if known is not None:
        return known
    is_final = HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR
    # A redirect is never followed: it would choose a host. It may be a page of maintenance.
    meaning = Meaning.REFUSED if is_final else Meaning.FAILED
    return Judged(meaning=meaning, why=f"status {response.status}")


def _by_vendor(status: int, request: ApiRequest) -> Judged | None:
    """Return what a status means to this vendor alone, None where it means the usual."""
    if status in request.noted:
        return Judged(meaning=Meaning.NOTHING, why=f"status {status}: nothing to send now")
    return None


def _of_data(response: VendorResponse) -> Judged:
    if not response.body:
        return Judged(meaning=Meaning.FAILED, why="an empty answer with status 200")
    head = response.body[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kind = response.headers.get("content-type", "").lstrip().lower()
    # a page of a portal or a proxy, which also answers while the interface itself is away
    if head.startswith(_PAGES) or kind.startswith(("text/html", "application/xhtml")):
        return Judged(meaning=Meaning.FAILED, why="a page of HTML with status 200")
    # nothing of it can be read, and asking again may bring all of it
    if _breaks_off(response.body):
        return Judged(meaning=Meaning.FAILED, why="half of a JSON document with status 200")
    if _is_cut_off(response.body):
        return Judged(meaning=Meaning.PARTIAL, why="half of a FIT file with status 200")
    return Judged(meaning=Meaning.HERE)


def _breaks_off(body: bytes) -> bool:
    """Return whether a JSON document does not end as it begins.

    An answer without a length ends where its connection does, wherever that is.
    """
    closing = _CLOSING.get(body[:_HEAD].lstrip()[:1])
    return closing is not None and not body[-_HEAD:].rstrip().endswith(closing)


def _is_cut_off(body: bytes) -> bool:
    """Return whether a FIT file ends before the length that its head states."""
    if len(body) < _FIT_HEAD or body[8:_FIT_HEAD] != _FIT_MARK:
        return False
    stated = body[0] + int.from_bytes(body[4:8], "little") + _FIT_CHECK
    return len(body) < stated <= _LONGEST_FIT


_ACCEPTED = frozenset({HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})


def _of_pushed(response: VendorResponse, request: ApiRequest) -> Judged | None:
    """Return what it means for data that will be pushed, None where it means what it always does.

    Such a request is answered without data. The same request is refused the second time, and the
    first time, at random, because of a stretch of time that the vendor takes a little later.
    """
    if response.status in _ACCEPTED:
        return Judged(meaning=Meaning.NOTHING, why=TAKEN_TO_PUSH)
    # an answer that was lost on its way shows itself so, and nothing is lost by it
    if response.status == HTTPStatus.CONFLICT:
        return Judged(meaning=Meaning.NOTHING, why=TAKEN_BEFORE)
    # compared in lower case: how it is written changed more than once
    early = request.too_early and request.too_early in response.body.lower()
    if response.status == HTTPStatus.BAD_REQUEST and early:
        return Judged(meaning=Meaning.FAILED, why="the vendor refuses the beginning for now")
    return None


def _of_missing(request: ApiRequest) -> Judged:
    if request.is_collection:
        return Judged(meaning=Meaning.FAILED, why="status 404 of a list, which always exists")
    return Judged(meaning=Meaning.GONE, why=_NOTHING_THERE)
