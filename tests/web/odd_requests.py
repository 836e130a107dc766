"""Odd requests over real sockets, and what every answer must be. Knows no door.

A request is sent byte by byte as it is written here: a client library would mend or refuse it.
"""

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tests.serving import SERVING_WITHIN_S

# What stands in the place of a parameter of a path.
ODD_PARTS: tuple[str, ...] = (
    "%00", "x" * 3000, "%ED%A0%80", "%FF%FE", "-1", "9" * 30, "%E2%80%AE", "%20", "{}",
    "%22%3E%3Cscript%3E", "a%0d%0ab", "9223372036854775808", "%D9%A1",
)  # fmt: skip
_QUERIES: tuple[str, ...] = (
    "%00=%00",
    "done=%ED%A0%80&done=x&lang=%00&lang=sv",
    "a=b&" * 2000,
    "from=%00&to=%00&metric=%00&record=%00&source=%00&q=%00&change=%00&state=%00&code=%00",
    f"q={'x' * 3000}&from={'9' * 400}&record={'x' * 3000}&limit=1e999",
)
_HEADERS: tuple[bytes, ...] = (
    b"Accept-Language: sv;q=nan, en;q=1e999, " + b"x" * 3000,
    b"Accept: " + b"a/b;q=9," * 500,
    b"Cookie: a=\xff; " + b"b=c; " * 1000,
    b"Range: bytes=5-1,-0",
    b"If-Modified-Since: never",
    b"Sec-Fetch-Site: \xff",
)
_FORM, _JSON = b"application/x-www-form-urlencoded", b"application/json"
_BODIES: tuple[tuple[bytes, bytes], ...] = (
    (b"", b""),
    (b"\x00", _JSON),
    (b"[" * 30_000, _JSON),
    (b"1" * 5000, _JSON),
    (b'{"a":NaN,"a":1e999}', _JSON),
    (b'{"action":"\\ud800","text":"\\u0000"}', _JSON),
    ("{}".encode("utf-16"), _JSON),
    (b"{}", _JSON + b"; charset=\xff"),
    (b"token=%00&%ED%A0%80=%FF", _FORM),
    (b"a&" * 20_000, _FORM),
    (b"--b\r\nContent-Disposition: form-data; name=token; filename=x\r\n\r\nx\r\n--b--",
     b"multipart/form-data; boundary=b"),
    (b"x", b"multipart/form-data; boundary="),
    (b"x" * 3000, b"\xff"),
)  # fmt: skip
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
_BODIED = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """Status, headers by lower-case name, and body; status 0 where the connection was reset."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OddDoor:
    """A served door: its port, the headers of somebody who may call, and how a route is filled."""

    port: int
    headers: Sequence[bytes]

    def ask(
        self, method: str, target: str, headers: Sequence[bytes] = (), body: bytes = b""
    ) -> RawAnswer:
        """Send a request as it is, and return the answer."""
        head = [f"{method} {target} HTTP/1.1".encode(), f"Host: 127.0.0.1:{self.port}".encode()]
        head += [b"Connection: close", *self.headers, *headers]
        if body or method in _BODIED:
            head.append(f"Content-Length: {len(body)}".encode())
        with socket.create_connection(("127.0.0.1", self.port), SERVING_WITHIN_S) as sock:
            try:
                sock.sendall(b"\r\n".join([*head, b"", b""]) + body)
                received = b"".join(iter(lambda: sock.recv(65_536), b""))
            except ConnectionError:
                return RawAnswer(status=0, headers={}, body=b"")
        return _answer_of(received)

    def faults(self, method: str, target: str, allowed: frozenset[str]) -> Iterator[str]:
        """Yield what is wrong with the answers to odd requests at a route; its methods are known.

        `target` is a path that is right.
        """
        # what a write takes comes in its body
        for query in _QUERIES if method not in _BODIED else ():
            yield from _judged(f"?{query[:20]}", self.ask(method, f"{target}?{query}"))
        for header in _HEADERS if method not in _BODIED else ():
            yield from _judged(repr(header[:20]), self.ask(method, target, [header]))
        for body, kind in _BODIES if method in _BODIED else ():
            sent = [b"Content-Type: " + kind] if kind else []
            what = f"{kind!r} {body[:20]!r}"
            yield from _judged(what, self.ask(method, target, sent, body))
        for other in _METHODS:
            if other not in allowed and method == min(allowed):
                answer = self.ask(other, target)
                yield from _judged(other, answer)
                if answer.status == 405 and not answer.headers.get("allow"):
                    yield f"{other}: 405 without Allow"
        slash = self.ask(method, f"{target}/")
        if slash.status not in {404, 405} and target != "/":
            yield f"with a slash: {slash.status}"

    def path_faults(self, method: str, route: str, filled: Mapping[str, str]) -> Iterator[str]:
        """Yield what is wrong with the answers where a part of a path is odd."""
        for name in re.findall(r"\{(\w+)\}", route):
            for odd in ODD_PARTS:
                target = filled_route(route, {**filled, name: odd})
                yield from _judged(f"{name}={odd[:20]}", self.ask(method, target))


def filled_route(route: str, filled: Mapping[str, str]) -> str:
    """Return the path of a route with a value for each of its parameters."""
    return re.sub(r"\{(\w+)\}", lambda match: filled.get(match[1], "x"), route)


def form_of(fields: Mapping[str, str]) -> bytes:
    """Return the body of a form whose texts may have any character."""
    pairs = [f"{quote(name)}={quote(text)}" for name, text in fields.items()]
    return "&".join(pairs).encode()


def _answer_of(received: bytes) -> RawAnswer:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    status = first.split(" ")[1] if first.startswith("HTTP/1.1 ") else "0"
    return RawAnswer(status=int(status), headers=headers, body=body)


def _judged(what: str, answer: RawAnswer) -> Iterator[str]:
    if answer.status == 0:
        yield f"{what}: no answer"
    elif answer.status >= 500:
        yield f"{what}: {answer.status}"
    elif b"Traceback" in answer.body or b'"><script>' in answer.body:
        yield f"{what}: the body repeats what was sent, or shows code"
