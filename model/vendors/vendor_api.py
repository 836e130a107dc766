"""The type of a vendor's API: how it is asked for what it announced. Pure.

A payload decides about no host: https on the default port of a pinned host is asked, and nothing
else. Only reading scopes are requested, so no token of ours can change anything at a vendor.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from model.received import Fetch
from model.vendors.requests import ApiRequest, check_host
from model.vendors.sign_in import OAuth

_MOST_ANSWER = 64 * 1024 * 1024
_HEADER = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateWindow:
    """At most `requests` of our application within any `seconds`."""

    seconds: int
    requests: int

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.requests <= 0:
            raise ValueError("a window has seconds and requests")


# Why a request ended without data: the vendor took it, and what it asks for is pushed later.
TAKEN_FOR_LATER = "the vendor sends it later"
TAKEN_TO_PUSH = "accepted: the vendor pushes the data"
TAKEN_BEFORE = "requested before: the vendor pushes it once"
TAKEN = (TAKEN_FOR_LATER, TAKEN_TO_PUSH, TAKEN_BEFORE)

RequestOf: TypeAlias = Callable[[Fetch], ApiRequest]
RateWait: TypeAlias = Callable[[Mapping[str, str]], int]

StatusOf: TypeAlias = Callable[[int, bytes], int]


def http_status(status: int, _body: bytes) -> int:
    """Return the status of the answer itself, as of nearly all vendors."""
    return status


def no_wait(_headers: Mapping[str, str]) -> int:
    """Return 0: the headers of this vendor's answers say nothing of its rates."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """How the past of an account is asked for, once it is linked.

    At most `most_days` back, in steps of `step_days`, the newest first. `fetches` is pure: what to
    ask for (account, start, end), in epoch ms, the end not included. The same step gives the same
    keys, so that a step which is announced again is no second fetch.
    """

    most_days: int
    step_days: int
    fetches: Callable[[str, int, int], tuple[Fetch, ...]]

    def __post_init__(self) -> None:
        if not 0 < self.step_days <= self.most_days:
            raise ValueError("a backfill has days, and no step is longer than all of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a vendor calls us for: as we want it, or as the vendor lists it.

    `about` names what it is for, such as `update workout`: a connector uses the same words for
    what it wants and for what the vendor lists. `callback` is the address that is called. `id` is
    the vendor's name of it, and `account` whose it is: "" where it is the application's. `ends_ms`
    is epoch ms, 0 without an end. One that the vendor has switched off is not active.
    """

    about: str
    callback: str = field(repr=False)  # it may end in a secret
    id: str = ""
    account: str = ""
    ends_ms: int = 0
    is_active: bool = True


class Permission(StrEnum):
    """What permits a request about subscriptions."""

    ACCOUNT = "account"  # the bearer token of each connected account
    BASIC = "basic"  # our client's id and secret, in a Basic header
    HEADERS = "headers"  # the same, in the headers x-client-id and x-client-secret
    PARAMETERS = "parameters"  # the same, as client_id and client_secret beside the others
    KEY = "key"  # `key_header` of the Api alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """How the vendor is told what to call us for. All functions are pure.

    `wanted` has the `about` of every subscription that is to be. `listing` is the request that
    lists those that are, for an account ("" for the application's), and `read` what its answer
    holds; it raises ValueError for what is no list. `create` makes one: it gets what is wanted and
    the word that our door expects in the vendor's handshake. Where it is None, a person creates
    subscriptions, because the vendor's answer holds a key for the secrets file. `renew` is the
    request that lets one begin anew, asked `renew_before_s` seconds before its end and for one
    that is not active; None where that is to delete and create. `delete` removes one.
    """

    wanted: tuple[str, ...]
    permission: Permission
    listing: Callable[[str], ApiRequest]
    read: Callable[[bytes], Sequence[Subscription]]
    delete: Callable[[Subscription], ApiRequest]
    create: Callable[[Subscription, str], ApiRequest] | None = None
    renew: Callable[[Subscription], ApiRequest] | None = None
    renew_before_s: int = 7 * 86_400

    def __post_init__(self) -> None:
        if not self.wanted or len(set(self.wanted)) != len(self.wanted):
            raise ValueError("each subscription is wanted once, and one at least")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A vendor's API: https on the default port of the pinned `host`, or of another of `hosts`.

    `auth` is how a request is allowed, None where a link of the vendor is its own permission.
    `request` is pure: what to ask for a fetch; None as long as nothing is fetched from this vendor.
    It raises ValueError, with a reason that may be shown, for a fetch that must not be asked.
    `budget` has the windows that the vendor grants our application. `rate_wait` is pure: for how
    many seconds the headers of an answer (names in lower case) want us to wait, 0 for none.
    `status_of` is pure: the status that an answer means, where a vendor answers 200 whatever came
    of it and says in the body what did; it never raises. `max_answer` is the longest answer that is
    taken, in bytes. `key_header` names the header that
    carries the application's key (`api_key` in the secrets file), "" for none. `reads_by_post` is
    why this vendor is read by POST, "" for one that is read by GET only. `register` is asked once
    after an account is linked, and gets the account. `is_in_eu` says that the vendor answers from
    within the EU; the others are listed when a fetcher starts. `gone` is why nothing can be asked
    for any more, "" for a vendor that answers: what was announced is given up with that reason.
    """

    host: str
    hosts: tuple[str, ...] = ()
    auth: OAuth | None = None
    budget: tuple[RateWindow, ...] = ()
    request: RequestOf | None = None
    rate_wait: RateWait = no_wait
    status_of: StatusOf = http_status
    max_answer: int = _MOST_ANSWER
    key_header: str = ""
    reads_by_post: str = ""
    register: Callable[[str], ApiRequest] | None = None
    backfill: Backfill | None = None
    subscriptions: Subscriptions | None = None
    is_in_eu: bool = False
    gone: str = ""

    def __post_init__(self) -> None:
        for host in (self.host, *self.hosts):
            check_host(host)
        for holds, why in self._contradictions():
            if holds:
                raise ValueError(why)

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        asks = self.request is not None
        header = self.key_header
        return (
            (asks and not self.budget, "who asks a vendor keeps to a budget"),
            (self.auth is not None and not asks, "tokens are of no use without a request"),
            (self.backfill is not None and not asks, "a backfill is of no use without a request"),
            (self.max_answer <= 0, "an answer has bytes"),
            (bool(header) and not _HEADER.fullmatch(header), "headers are named in lower case"),
            (header in {"authorization", "host", "cookie"}, "a key has a header of its own"),
        )

    def host_of(self, request: ApiRequest) -> str:
        """Return the pinned host of a request; raises ValueError for any other host."""
        host = request.host or self.host
        if host not in {self.host, *self.hosts}:
            raise ValueError("the vendor has no such host")
        return host

    def check_reads(self, request: ApiRequest) -> None:
        """Raise ValueError for a request that may change something at the vendor."""
        if request.method != "GET" and not (request.method == "POST" and self.reads_by_post):
            raise ValueError(f"a {request.method} may change something at the vendor")
