"""Polar AccessLink as a server on loopback: tokens, exercises, rate limits, and faults on request.

Written from what Polar publishes, and not from our connector. It keeps account of what arrived,
so that a test can tell whether a limit was exceeded or a spent token was used. It serves invented
data only.
"""

import base64
import json
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TWELVE_HOURS_S = 12 * 3600
_TYPES = {"fit": "application/octet-stream", "tcx": "application/vnd.garmin.tcx+xml"}


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


@dataclass(slots=True)
class Arrived:
    """One request as it arrived."""

    path: str
    authorization: str
    cookie: str
    status: int = 0


@dataclass(slots=True)
class _Grant:
    """The tokens of a user. `previous` is the refresh token before, spent once the new is used."""

    user: int
    access: str
    refresh: str
    ends_s: float
    previous: str = ""


@dataclass(slots=True, kw_only=True)
class PolarServer:
    """The simulated vendor; `now_s` gives its own time in seconds.

    With `strict`, a refresh token works once, and one that is used again ends all tokens of its
    user, as vendors do that take it for stolen. Without, the one before holds until the new one
    is used, so that an answer that was lost on its way harms nobody.
    """

    now_s: Callable[[], float]
    client_id: str = "client-of-tests"
    client_secret: str = "no-real-secret"  # noqa: S105 - as it says
    limits: tuple[Limit, ...] = (Limit(seconds=900, requests=3_000),)
    strict: bool = True
    exercises: dict[str, dict[str, bytes]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    always: Fault | None = None
    retry_after: str = "60"
    requests: list[Arrived] = field(default_factory=list)
    refreshes: int = 0
    reused: int = 0  # spent refresh tokens that were sent again
    exceeded: int = 0  # requests beyond a limit
    hold: threading.Event | None = None  # answers wait for it
    _grants: list[_Grant] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def grant(self, user: int, lasts_s: float = TWELVE_HOURS_S) -> dict[str, object]:
        """Return the answer of the token endpoint to a user who has just agreed."""
        with self._lock:
            grant = _Grant(
                user=user, access=_drawn(), refresh=_drawn(), ends_s=self.now_s() + lasts_s
            )
            self._grants.append(grant)
            return _token_answer(grant, lasts_s)

    def revoke(self, user: int) -> None:
        """End the tokens of a user, as when the user withdraws at the vendor."""
        with self._lock:
            self._grants = [grant for grant in self._grants if grant.user != user]

    def end_access(self, user: int) -> None:
        """End the access tokens of a user before their time."""
        with self._lock:
            for grant in self._grants:
                if grant.user == user:
                    grant.ends_s = 0.0

    def next_fault(self) -> Fault | None:
        """Return what is to go wrong now, None for nothing."""
        with self._lock:
            return self.faults.popleft() if self.faults else self.always

    def exchanged(self, authorization: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body of an answer of the token endpoint."""
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if authorization != f"Basic {basic}":
            return HTTPStatus.UNAUTHORIZED, b'{"error":"invalid_client"}'
        if form.get("grant_type") != "refresh_token":
            return HTTPStatus.BAD_REQUEST, b'{"error":"unsupported_grant_type"}'
        with self._lock:
            return self._rotated(form.get("refresh_token", ""))

    def _rotated(self, refresh: str) -> tuple[int, bytes]:
        self.refreshes += 1
        for grant in self._grants:
            if refresh == grant.refresh or (refresh == grant.previous and not self.strict):
                grant.previous = refresh
                grant.access, grant.refresh = _drawn(), _drawn()
                grant.ends_s = self.now_s() + TWELVE_HOURS_S
                return HTTPStatus.OK, json.dumps(_token_answer(grant, TWELVE_HOURS_S)).encode()
            if refresh and refresh == grant.previous:
                self.reused += 1
                self._grants.remove(grant)
                break
        return HTTPStatus.BAD_REQUEST, b'{"error":"invalid_grant"}'

    def admitted(self) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is within the limits, and the headers about them."""
        with self._lock:
            now = self.now_s()
            self._times.append(now)
            used = [self._within(limit, now) for limit in self.limits]
            within = all(
                number <= limit.requests for number, limit in zip(used, self.limits, strict=True)
            )
            self.exceeded += not within
            headers = {
                "RateLimit-Usage": ", ".join(map(str, used)),
                "RateLimit-Limit": ", ".join(str(limit.requests) for limit in self.limits),
                "RateLimit-Reset": ", ".join(str(int(limit.seconds)) for limit in self.limits),
            }
            return within, headers

    def _within(self, limit: Limit, now: float) -> int:
        return sum(1 for at in self._times if at > now - limit.seconds)

    def user_of(self, authorization: str) -> int | None:
        """Return the user whose access token a request has, None where it does not hold."""
        with self._lock:
            for grant in self._grants:
                if authorization == f"Bearer {grant.access}" and grant.ends_s > self.now_s():
                    grant.previous = ""
                    return grant.user
        return None


@contextmanager
def serving_polar(server: PolarServer) -> Iterator[str]:
    """Serve on a free port of loopback; give the address, such as `http://127.0.0.1:40001`."""

    class Handler(_Handler):
        vendor = server

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        http.block_on_close = False
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            if server.hold is not None:
                server.hold.set()
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    vendor: PolarServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base has it
        """Write no line: requests hold tokens."""

    def do_POST(self) -> None:
        """Answer the token endpoint."""
        form = parse_qs(self.rfile.read(int(self.headers.get("content-length", "0"))).decode())
        plain = {name: values[0] for name, values in form.items()}
        if urlsplit(self.path).path != "/oauth/token":
            self._answer(HTTPStatus.NOT_FOUND, b"{}", {})
            return
        status, body = self.vendor.exchanged(self.headers.get("authorization", ""), plain)
        self._answer(status, body, {"content-type": "application/json"})

    def do_GET(self) -> None:
        """Answer the interface."""
        authorization = self.headers.get("authorization", "")
        arrived = Arrived(
            path=self.path, authorization=authorization, cookie=self.headers.get("cookie", "")
        )
        self.vendor.requests.append(arrived)
        within, headers = self.vendor.admitted()
        if self.vendor.hold is not None:
            self.vendor.hold.wait(60)
        fault = self.vendor.next_fault()
        if fault is not None and fault is not Fault.COOKIE:
            self._fail(fault)
            return
        if fault is Fault.COOKIE:
            headers["Set-Cookie"] = "session=of-one-user; Path=/"
        if not within:
            headers["Retry-After"] = self.vendor.retry_after
            arrived.status = HTTPStatus.TOO_MANY_REQUESTS
            self._answer(arrived.status, b"{}", headers)
            return
        status, body, kind = self._exercise(authorization)
        arrived.status = status
        self._answer(status, body, {**headers, "content-type": kind})

    def _exercise(self, authorization: str) -> tuple[int, bytes, str]:
        if self.vendor.user_of(authorization) is None:
            return HTTPStatus.UNAUTHORIZED, b"<html>401</html>", "text/html"
        match urlsplit(self.path).path.split("/"):
            case ["", "v3", "exercises", entity, form] if form in _TYPES:
                body = self.vendor.exercises.get(entity, {}).get(form)
                if body is not None:
                    return HTTPStatus.OK, body, _TYPES[form]
                # a workout that was typed in has no file
                known = entity in self.vendor.exercises
                return (HTTPStatus.NO_CONTENT if known else HTTPStatus.NOT_FOUND), b"", ""
        return HTTPStatus.NOT_FOUND, b"{}", "application/json"

    def _fail(self, fault: Fault) -> None:
        self.vendor.requests[-1].status = -1
        plain: Mapping[Fault, tuple[int, bytes, dict[str, str]]] = {
            Fault.OUTAGE: (503, b"{}", {}),
            Fault.PAGE: (200, b"<!DOCTYPE html><title>We are back soon</title>", {}),
            Fault.REDIRECT: (302, b"", {"Location": "http://127.0.0.1:1/v3/elsewhere"}),
            Fault.FORBIDDEN: (403, b"{}", {}),
            Fault.MISSING: (404, b"{}", {}),
            Fault.EMPTY: (204, b"", {}),
            Fault.SLOWER: (429, b"{}", {"Retry-After": self.vendor.retry_after}),
        }
        if fault in plain:
            self._answer(*plain[fault])
            return
        self.close_connection = True
        if fault is Fault.SHORT:
            self._head({"Content-Length": "1000"})
            self.wfile.write(b"half of it")
        elif fault is Fault.ENDLESS:
            self._drip()
        elif fault is Fault.SILENT:
            (self.vendor.hold or threading.Event()).wait(60)

    def _drip(self) -> None:
        self._head({"Connection": "close"})
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            return

    def _head(self, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != HTTPStatus.NO_CONTENT:
            self.wfile.write(body)


def _token_answer(grant: _Grant, lasts_s: float) -> dict[str, object]:
    return {
        "access_token": grant.access,
        "token_type": "bearer",
        "expires_in": int(lasts_s),
        "refresh_token": grant.refresh,
        "x_user_id": grant.user,
    }


def _drawn() -> str:
    return secrets.token_hex(16)
