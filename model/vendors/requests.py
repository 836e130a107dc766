"""A request to a vendor: a method, a path of a pinned host, and what it carries. Pure.

It must never name a host that a payload chose; what cannot be a request does not construct.
"""

import re
from dataclasses import dataclass, field

# Always several labels: `localhost` and other bare names must not be fetched from.
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_BARE = frozenset({"GET", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """A request to a pinned host; a GET unless there is a reason.

    `host` is one of the hosts of the `Api`, "" for its own. `form` is sent as a form and `json` as
    a JSON document; either may hold a secret, so neither is shown. `is_collection`: whether the
    path names a list. Such a path always exists, so that a 404 of it is an error, whereas a 404 of
    an object says that it is gone. `is_pushed`: the vendor accepts the request, and pushes what was
    requested later; `too_early` is then a text in a refusal that may be another one later.

    `noted` are further statuses by which the vendor says that there is nothing to send now, such as
    that it knew of this already.

    What is read is read by GET, or by POST where the `Api` says why. Other methods are for
    registering an account, for withdrawing and for subscriptions.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "*/*"
    is_collection: bool = False
    is_pushed: bool = False
    too_early: bytes = b""
    method: str = "GET"
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    json: str = field(default="", repr=False)
    host: str = ""
    noted: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ValueError(f"no request has the method {self.method}")
        if self.host:
            check_host(self.host)
        has_body = bool(self.form or self.json)
        if (self.form and self.json) or (has_body and self.method in _BARE):
            raise ValueError("a form, a document or neither, and with a GET neither")


def check_host(host: str) -> None:
    """Raise ValueError for what is no name of a host."""
    if not _HOST.fullmatch(host):
        raise ValueError("an api needs a pinned host: a name, without port or user")
