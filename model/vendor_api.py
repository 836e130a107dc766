"""The type of a vendor's API: how it is asked for what it announced. Pure.

A payload decides about no host: https on the default port of a pinned host is asked, and nothing
else. Only reading scopes are requested, so no token of ours can change anything at a vendor.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from model.received import Fetch

# Always several labels: `localhost` and other bare names must not be fetched from.
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_WRITES = re.compile(r"write|update|delete|modify|manage|upload|post", re.IGNORECASE)
_MOST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RateWindow:
    """At most `requests` of our application within any `seconds`."""

    seconds: int
    requests: int

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.requests <= 0:
            raise ValueError("a window has seconds and requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """OAuth 2.0 with the client's id and secret in a Basic header.

    `path` of `host` exchanges a refresh token for new tokens. `scopes` are what a patient grants.
    """

    host: str
    path: str
    scopes: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_host(self.host)
        if not self.path.startswith("/"):
            raise ValueError("the token endpoint has a path")
        for scope in self.scopes:
            if _WRITES.search(scope):
                raise ValueError(f"the scope {scope} may change data at the vendor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """A GET of the pinned host.

    `is_collection`: whether the path names a list. Such a path always exists, so that a 404 of it
    is an error, whereas a 404 of an object says that it is gone.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "*/*"
    is_collection: bool = False


RequestOf: TypeAlias = Callable[[Fetch], ApiRequest]
RateWait: TypeAlias = Callable[[Mapping[str, str]], int]


def no_wait(_headers: Mapping[str, str]) -> int:
    """Return 0: the headers of this vendor's answers say nothing of its rates."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A vendor's API: https on the default port of the pinned `host`.

    `auth` is how a request is allowed, None where a link of the vendor is its own permission.
    `request` is pure: what to ask for a fetch; None as long as nothing is fetched from this vendor.
    `budget` has the windows that the vendor grants our application. `rate_wait` is pure: for how
    many seconds the headers of an answer (names in lower case) want us to wait, 0 for none.
    `max_answer` is the longest answer that is taken, in bytes.
    """

    host: str
    auth: OAuth | None = None
    budget: tuple[RateWindow, ...] = ()
    request: RequestOf | None = None
    rate_wait: RateWait = no_wait
    max_answer: int = _MOST_ANSWER

    def __post_init__(self) -> None:
        _check_host(self.host)
        if self.request is not None and not self.budget:
            raise ValueError("who asks a vendor keeps to a budget")
        if self.auth is not None and self.request is None:
            raise ValueError("tokens are of no use without a request")
        if self.max_answer <= 0:
            raise ValueError("an answer has bytes")


def _check_host(host: str) -> None:
    if not _HOST.fullmatch(host):
        raise ValueError("an api needs a pinned host: a name, without port or user")
