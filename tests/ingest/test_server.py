"""The vendor door behind a real server, on loopback: bodies that end early, and bodies that are huge."""

import asyncio
import base64
import hashlib
import hmac
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn

from kadens.ingest.http import vendor_app
from kadens.ingest.memory import MemoryLog
from kadens.ingest.receive import Door
from kadens.ingest.sender import sign
from kadens.ingest.verify import SVIX

NOW = 1_700_000_000_000
BODY = b'{"type":"sync.started","data":{"user_id":"u1"}}'
PIECE = b"\0" * 1024 * 1024
DEADLINE_S = 30.0


@dataclass
class Counting:
    """A body store that keeps only the length."""

    size: int = 0

    async def put(self, name: str, body: bytes | Path) -> str:
        assert isinstance(body, Path)
        self.size = (await asyncio.to_thread(body.stat)).st_size
        return f"counted:{name}"


@contextmanager
def serving(door: Door) -> Iterator[int]:
    """Serve the door on a free port of loopback until the block ends."""
    config = uvicorn.Config(vendor_app(door), host="127.0.0.1", port=0, log_level="critical", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition never came"
        threading.Event().wait(0.005)


def head(headers: dict[str, str], *lines: str) -> bytes:
    said = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /v1/hooks/open_wearables HTTP/1.1", "Host: door", *said, *lines, "", ""]).encode()


def exchange(port: int, *pieces: bytes, hang_up: bool = False) -> bytes:
    """Send the pieces, hang up where told to, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as sock:
        for piece in pieces:
            sock.sendall(piece)
        if hang_up:
            sock.shutdown(socket.SHUT_WR)
        said = b""
        while more := sock.recv(65_536):
            said += more
        return said


def refusals(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: sock.recv(65_536), b"")).decode()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_ends_early_is_never_appended(door: Door, log: MemoryLog, chunked: bool) -> None:  # noqa: FBT001
    headers = sign(SVIX, door.secrets["open_wearables"][0], BODY, "m", NOW)
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(BODY)}"
    first = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n" if chunked else BODY[:-1]
    with serving(door) as port:
        answer = exchange(port, head(headers, framing), first, hang_up=True)
        until(lambda: 'reason="early_end"' in refusals(port))
    assert not answer.startswith(b"HTTP/1.1 2")
    assert log.events == []


def test_the_whole_body_is_appended(door: Door, log: MemoryLog) -> None:
    headers = sign(SVIX, door.secrets["open_wearables"][0], BODY, "m", NOW)
    with serving(door) as port:
        answer = exchange(port, head(headers, f"Content-Length: {len(BODY)}", "Connection: close"), BODY)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert [event.value for event in log.events] == [BODY]


def test_a_length_that_lies_is_cut_at_the_cap(door: Door, log: MemoryLog) -> None:
    headers = sign(SVIX, door.secrets["open_wearables"][0], BODY, "m", NOW)
    with serving(replace(door, max_body=1000)) as port:
        answer = exchange(port, head(headers, "Content-Length: 1001", "Connection: close"))
        assert answer.startswith(b"HTTP/1.1 413 ")
        chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
        answer = exchange(port, head(headers, "Transfer-Encoding: chunked", "Connection: close"), chunk)
        assert answer.startswith(b"HTTP/1.1 413 ")
    assert log.events == []


def test_a_body_of_100_megabytes_does_not_fill_the_memory(door: Door, log: MemoryLog) -> None:
    pieces = 100
    store = Counting()
    secret = door.secrets["open_wearables"][0]
    mac = hmac.new(SVIX.key(secret), f"m.{NOW // 1000}.".encode(), hashlib.sha256)
    for _ in range(pieces):
        mac.update(PIECE)
    headers = sign(SVIX, secret, b"", "m", NOW)
    headers["svix-signature"] = "v1," + base64.b64encode(mac.digest()).decode()
    length = f"Content-Length: {pieces * len(PIECE)}"
    with serving(replace(door, bodies=store)) as port:
        tracemalloc.start()
        answer = exchange(port, head(headers, length, "Connection: close"), *[PIECE] * pieces)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert (store.size, log.events[0].value) == (pieces * len(PIECE), b"")
    assert peak < 16 * 1024 * 1024
