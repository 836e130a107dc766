"""The guarded server over real sockets: what it refuses and how.

A normal client is served meanwhile.
"""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.rows import cells_of
from tests.serving import SERVING_WITHIN_S, served
from tests.until import until
from web.limits import Patience, ServerLimits
from web.server import Serving

pytestmark = pytest.mark.slow

_LIMITS = ServerLimits(
    head_bytes=4096,
    headers=20,
    head_s=1.0,
    body_bytes=100_000,
    connections=40,
    per_peer=20,
    drain_bytes=200_000,
    drain_s=1.0,
    patience=Patience(grace_s=0.5),
)
SERVING = Serving(host="127.0.0.1", port=0, limits=_LIMITS)
GET = b"GET /unread HTTP/1.1\r\nHost: door\r\n\r\n"
CHUNKED = b"POST /%s HTTP/1.1\r\nHost: door\r\nTransfer-Encoding: chunked\r\n\r\n"


class App:
    """Answers with the length of the payload, and keeps what it saw.

    /unread is answered at once, and /fails with a 401.
    """

    def __init__(self) -> None:
        self.seen: list[Scope] = []
        self.disconnected = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        size = 0 if scope["path"] == "/unread" else await self._read(receive)
        self.seen.append(scope)
        status = 401 if scope["path"] == "/fails" else 200
        text = str(size).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _read(self, receive: Receive) -> int:
        size, more = 0, True
        while more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected += 1
                return size
            size += len(message["body"])
            more = message["more_body"]
        return size


async def _lifespan(receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})


class _Door:
    """A served `App`, the port, and the words that its server counted."""

    def __init__(self) -> None:
        self.app, self.counted, self.port = App(), Counter[str](), 0

    def count(self, reason: str) -> None:
        self.counted[reason] += 1

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), SERVING_WITHIN_S)

    def exchange(self, *pieces: bytes) -> bytes:
        """Send the pieces and return all that comes back until the server ends the connection."""
        with self.connect() as sock:
            for piece in pieces:
                sock.sendall(piece)
            return rest_of(sock)


def rest_of(sock: socket.socket) -> bytes:
    result = b""
    try:
        while more := sock.recv(65_536):
            result += more
    except ConnectionError:
        pass
    return result


def _endless(sock: socket.socket, piece: bytes, most: int) -> int:
    """Send a piece again and again until the server ends the connection.

    Returns how often it was sent, `most` at most.
    """
    for number in range(most):
        try:
            sock.sendall(piece)
        except ConnectionError:
            return number
    return most


@pytest.fixture
def door() -> Iterator[_Door]:
    with ExitStack() as stack:
        made = _Door()
        made.port = stack.enter_context(served(made.app, SERVING, made.count))
        yield made


def _head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"GET /unread HTTP/1.1", b"Host: door", *lines, b"", b""])


CLOSE = b"Connection: close"


def test_a_normal_client_keeps_its_connection(door: _Door) -> None:
    with door.connect() as sock:
        for number in range(5):
            sock.sendall(
                b"POST /read HTTP/1.1\r\nHost: door\r\nContent-Length: 3\r\n\r\nab%d" % number
            )
            answer = sock.recv(65_536)
            assert (answer[:15], answer[-1:]) == (b"HTTP/1.1 200 OK", b"3")
    assert door.counted == {}


def test_a_normal_client_is_served_among_half_open_heads(door: _Door) -> None:
    with ExitStack() as stack:
        kept = stack.enter_context(door.connect())
        kept.sendall(GET)
        assert kept.recv(65_536).endswith(b"0")
        half = [stack.enter_context(door.connect()) for _ in range(10 * _LIMITS.per_peer)]
        for sock in half:
            try:
                sock.sendall(b"POST /read HTTP/1.1\r\nHost:")
            except ConnectionError:
                continue  # shed already
        began = time.monotonic()
        for _ in range(20):
            assert door.exchange(_head(CLOSE)).endswith(b"0")
        kept.sendall(GET)  # who has shown itself to be a client is not shed before them
        assert kept.recv(65_536).endswith(b"0")
        assert (time.monotonic() - began) / 21 < 0.5
        until(lambda: door.counted["crowded"] >= 9 * _LIMITS.per_peer - 20)


def test_a_head_that_does_not_end_is_refused_in_time(door: _Door) -> None:
    began = time.monotonic()
    answer = door.exchange(b"GET /unread HTTP/1.1\r\nHost: door\r\nX-Slow: ")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"reason":"slow_head"' in answer
    assert _LIMITS.head_s < time.monotonic() - began < 4 * _LIMITS.head_s
    assert door.exchange() == b""  # who sends nothing gets no answer
    assert door.counted == {"slow_head": 2}


_HEADS: list[tuple[str, bytes]] = [
    ("a long value", _head(b"X-Long: " + b"x" * _LIMITS.head_bytes)),
    ("an endless value", b"GET /unread HTTP/1.1\r\nX-Endless: " + b"x" * 100_000),
    ("a long path", b"GET /" + b"x" * _LIMITS.head_bytes + b" HTTP/1.1\r\nHost: door\r\n\r\n"),
    ("many headers", _head(*(b"X-%d: 1" % number for number in range(_LIMITS.headers)))),
]


@pytest.mark.parametrize(("what", "sent"), _HEADS, ids=cells_of(_HEADS, 0))
def test_heads_are_bounded(door: _Door, what: str, sent: bytes) -> None:
    answer = door.exchange(sent)
    assert answer.startswith(b"HTTP/1.1 431 "), what
    assert (b"connection: close" in answer, answer.count(b"HTTP/1.1")) == (True, 1)
    assert (door.app.seen, door.counted) == ([], {"head_too_large": 1})


def test_a_head_of_the_longest_is_taken(door: _Door) -> None:
    assert door.exchange(_head(CLOSE, b"X: " + b"x" * (_LIMITS.head_bytes - 200))).endswith(b"0")


def test_a_withheld_last_byte_ends_with_408(door: _Door) -> None:
    answer = door.exchange(
        b"POST /read HTTP/1.1\r\nHost: door\r\nContent-Length: 50001\r\n\r\n" + b"x" * 50_000
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"reason":"slow"' in answer
    until(lambda: door.app.disconnected == 1)


def test_a_body_is_bounded(door: _Door) -> None:
    body = b"%x\r\n" % (_LIMITS.body_bytes + 1) + b"x" * (_LIMITS.body_bytes + 1) + b"\r\n"
    assert door.exchange(CHUNKED % b"read", body).startswith(b"HTTP/1.1 413 ")


FRAMINGS: list[tuple[str, bytes, bytes]] = [
    ("an endless chunk extension", b"1;", b"x" * 1000),
    ("endless trailers", b"1\r\nx\r\n0\r\n", b"X-Trailer: 1\r\n" * 50),
    ("chunks of one byte", b"", b"1\r\nx\r\n" * 1000),
]


@pytest.mark.parametrize(("what", "first", "piece"), FRAMINGS, ids=cells_of(FRAMINGS, 0))
def test_framing_is_bounded(door: _Door, what: str, first: bytes, piece: bytes) -> None:
    with door.connect() as sock:
        sock.sendall(CHUNKED % b"read" + first)
        _endless(sock, piece, 2000)
        assert rest_of(sock).startswith(b"HTTP/1.1 400 "), what
        assert door.counted == {"bad_framing": 1}


def test_no_application_sees_trailers(door: _Door) -> None:
    answer = door.exchange(
        b"POST /read HTTP/1.1\r\nHost: door\r\nConnection: close\r\nTransfer-Encoding: "
        b"chunked\r\n\r\n",
        b"1\r\nx\r\n0\r\nX-Forged: 1\r\n\r\n",
    )
    assert answer.endswith(b"1")
    assert b"x-forged" not in dict(door.app.seen[0]["headers"])


def test_an_endless_body_that_nobody_reads_is_answered_and_ended(door: _Door) -> None:
    with door.connect() as sock:
        sock.sendall(CHUNKED.replace(b"POST", b"GET") % b"unread")
        assert sock.recv(65_536).startswith(b"HTTP/1.1 200 ")
        sent = _endless(sock, b"2710\r\n" + b"x" * 10_000 + b"\r\n", 10_000)
        assert sent < 5_000  # what the kernel holds counts too
        assert door.counted == {}


def test_after_an_early_answer_the_rest_is_dropped_and_the_connection_is_kept(door: _Door) -> None:
    with door.connect() as sock:
        sock.sendall(b"POST /unread HTTP/1.1\r\nHost: door\r\nContent-Length: 10\r\n\r\n12345")
        assert sock.recv(65_536).startswith(b"HTTP/1.1 200 ")
        sock.sendall(b"67890" + GET)
        assert sock.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_an_early_answer_that_ends_the_connection_waits_for_the_rest_of_the_request(
    door: _Door,
) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: door\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
    with door.connect() as sock:
        sock.sendall(head)
        # the answer is there before a byte of the body was sent
        assert sock.recv(1, socket.MSG_PEEK) == b"H"
        sock.sendall(b"12")
        sock.sendall(b"34")
        answer = b""
        # a reset would be an error here
        while more := sock.recv(65_536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close\r\n" in answer
    assert door.counted == {}


def test_an_early_answer_waits_for_the_rest_of_a_request_only_so_long(door: _Door) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: door\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
    with door.connect() as sock:
        sock.sendall(head + b"12")
        assert rest_of(sock).startswith(b"HTTP/1.1 200 ")


def test_a_few_may_be_sent_ahead_and_are_answered_in_order(door: _Door) -> None:
    answer = door.exchange(GET * 3 + _head(CLOSE))
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    with door.connect() as sock:
        sock.sendall(GET * 1000)
        assert rest_of(sock).count(b"HTTP/1.1 200 OK") < 20
    assert door.counted == {"pipelined": 1}


def test_what_is_no_http_is_a_400(door: _Door) -> None:
    assert door.exchange(b"\x16\x03\x01\x02\x00\x01\x00").startswith(b"HTTP/1.1 400 ")
    assert door.counted == {"bad_request": 1}


def test_bodies_under_way_give_way_to_new_clients(door: _Door) -> None:
    opening = b"POST /read HTTP/1.1\r\nHost: door\r\nContent-Length: 2\r\n\r\nx"
    with ExitStack() as stack:
        slow = [stack.enter_context(door.connect()) for _ in range(_LIMITS.per_peer)]
        for sock in slow:
            sock.sendall(opening)
        assert door.exchange(_head(CLOSE)).endswith(b"0")
        assert rest_of(slow[0])[:12] in {b"HTTP/1.1 503", b"HTTP/1.1 408"}


def test_an_address_whose_requests_fail_too_often() -> None:
    made = _Door()
    with served(
        made.app, replace(SERVING, failures=1, failures_at_once=10), made.count
    ) as made.port:
        fails = b"GET /fails HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n"
        answers = [made.exchange(fails) for _ in range(11)]
        assert {answer[:12] for answer in answers[:10]} == {b"HTTP/1.1 401"}
        assert answers[10].startswith(b"HTTP/1.1 429 ")
        assert b"retry-after: 1\r\n" in answers[10]
        assert made.exchange(_head(CLOSE)).endswith(
            b"0"
        )  # what succeeds is served, from the same address
        with made.connect() as sock:
            began = time.monotonic()
            for _ in range(2):
                sock.sendall(b"GET /fails HTTP/1.1\r\nHost: door\r\n\r\n")
                assert sock.recv(65_536).startswith((b"HTTP/1.1 429", b"HTTP/1.1 401"))
            assert made.counted["failures"] >= 2
            assert time.monotonic() - began > 0.9  # that connection is read on only after a second
