"""What goes between a vendor and its callers: requests, answers, tokens, codes, and faults."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

_JSON = "application/json"


class Fault(StrEnum):
    """What goes wrong with an answer of the interface."""

    OUTAGE = "outage"  # 503
    PAGE = "page"  # a page of HTML with status 200
    REDIRECT = "redirect"  # to another host
    SHORT = "short"  # the connection ends before the announced length
    ENDLESS = "endless"  # a body without an end
    SILENT = "silent"  # the request is read, and nothing comes
    CLOSED = "closed"  # the connection ends without an answer
    FORBIDDEN = "forbidden"  # 403
    MISSING = "missing"  # 404
    EMPTY = "empty"  # 204
    SLOWER = "slower"  # 429 with Retry-After
    COOKIE = "cookie"  # a right answer that sets a cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `requests` of one client in each window of `seconds`."""

    seconds: float
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of the vendor."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    kind: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Arrived:
    """A request as it arrived: `path` with its query, headers by lower-case name.

    `status` is that of the answer, -1 for an answer that was a fault, 0 before there is one.
    """

    method: str = "GET"
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 0

    @property
    def authorization(self) -> str:
        """Return the header of this name."""
        return self.headers.get("authorization", "")

    @property
    def cookie(self) -> str:
        """Return the header of this name."""
        return self.headers.get("cookie", "")

    @property
    def route(self) -> str:
        """Return the path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> Mapping[str, str]:
        """Return the parameters of the query."""
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @property
    def form(self) -> Mapping[str, str]:
        """Return the fields of a form."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


@dataclass(slots=True, kw_only=True)
class Grant:
    """The tokens of a user. `previous` is the refresh token before, spent once the new is used.

    `code` is the code that they were given for, "" for tokens without one. `spent` are all refresh
    tokens that were exchanged before.
    """

    user: str
    access: str
    refresh: str
    ends_s: float
    previous: str = ""
    code: str = ""
    spent: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class AuthorisationCode:
    """A code of the page of authorisation, for one exchange within its life."""

    user: str
    challenge: str
    redirect: str
    ends_s: float
    used: bool = False


def drawn() -> str:
    """Return a random text for a token, a code or a key."""
    return secrets.token_hex(16)


def token_refusal(error: str, status: int = HTTPStatus.BAD_REQUEST) -> Reply:
    """Return the answer of the token endpoint to a request that it refuses."""
    return Reply(status=status, body=json.dumps({"error": error}).encode())
