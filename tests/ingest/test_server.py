"""The vendor door behind a real server on loopback, with payloads that end early or are huge."""

import asyncio
import socket
import time
import tracemalloc
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pytest

from ingest.door import Door, Rates
from ingest.http import vendor_app
from ingest.links import mint
from ingest.memory import MemoryLog
from ingest.proving.schemes import SVIX
from ingest.sender import sign
from ingest.spool import Spools
from model.envelope import INLINE
from tests.rows import values_of
from tests.serving import SERVING_WITHIN_S, served
from tests.until import until
from web.limits import Patience, ServerLimits
from web.rates import Buckets
from web.server import Serving

pytestmark = pytest.mark.slow

_NOW = 1_700_000_000_000
_BODY = b'{"type":"sync.started","data":{"user_id":"u1"}}'
_PIECE = b"\0" * 1024 * 1024


@dataclass
class Counting:
    """A body store that keeps only the length."""

    size: int = 0

    async def put(self, name: str, body: bytes | BinaryIO) -> str:
        assert not isinstance(body, bytes)
        self.size = await asyncio.to_thread(body.seek, 0, 2)
        return f"counted:{name}"


_LIMITS = ServerLimits(body_bytes=200 * len(_PIECE), patience=Patience(grace_s=1.0))


def serving(door: Door) -> AbstractContextManager[int]:
    """Serve the door on a free port of loopback until the block ends."""
    app = vendor_app(door)
    return served(app, Serving(host="127.0.0.1", port=0, limits=_LIMITS), app.state.count)


def _head(headers: dict[str, str], *lines: str, path: str = "/v1/hooks/open_wearables") -> bytes:
    result = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: door", *result, *lines, "", ""]).encode()


def link(door: Door, patient: str = "patient-7") -> dict[str, str]:
    return {
        "authorization": "Bearer "
        f"{mint(patient, door.links.keys(), issue=1, expires_ms=_NOW + 1000)}"
    }


def exchange(port: int, *pieces: bytes, hang_up: bool = False) -> bytes:
    """Send the pieces, hang up where requested, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), SERVING_WITHIN_S) as sock:
        for piece in pieces:
            sock.sendall(piece)
        if hang_up:
            sock.shutdown(socket.SHUT_WR)
        result = b""
        while more := sock.recv(65_536):
            result += more
        return result


def refusals(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), SERVING_WITHIN_S) as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: sock.recv(65_536), b"")).decode()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_ends_early_is_never_appended(
    door: Door,
    log: MemoryLog,
    chunked: bool,  # noqa: FBT001
) -> None:
    headers = sign(SVIX, door.secrets["open_wearables"][0], _BODY, "m", _NOW)
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(_BODY)}"
    first = f"{len(_BODY):x}\r\n".encode() + _BODY + b"\r\n" if chunked else _BODY[:-1]
    with serving(door) as port:
        answer = exchange(port, _head(headers, framing), first, hang_up=True)
        until(lambda: 'reason="early_end"' in refusals(port))
    assert not answer.startswith(b"HTTP/1.1 2")
    assert log.events == []


def test_the_whole_body_is_appended(door: Door, log: MemoryLog) -> None:
    headers = sign(SVIX, door.secrets["open_wearables"][0], _BODY, "m", _NOW)
    with serving(door) as port:
        answer = exchange(
            port, _head(headers, f"Content-Length: {len(_BODY)}", "Connection: close"), _BODY
        )
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert values_of(log.events, "value") == [_BODY]


def test_a_length_that_lies_is_cut_at_the_cap(door: Door, log: MemoryLog) -> None:
    headers = sign(SVIX, door.secrets["open_wearables"][0], _BODY, "m", _NOW)
    with serving(replace(door, max_body=1000)) as port:
        answer = exchange(port, _head(headers, "Content-Length: 1001", "Connection: close"))
        assert answer.startswith(b"HTTP/1.1 413 ")
        chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
        answer = exchange(
            port, _head(headers, "Transfer-Encoding: chunked", "Connection: close"), chunk
        )
        assert answer.startswith(b"HTTP/1.1 413 ")
    assert log.events == []


def test_a_body_of_100_megabytes_does_not_fill_the_memory(door: Door, log: MemoryLog) -> None:
    pieces = 100
    store = Counting()
    length = f"Content-Length: {pieces * len(_PIECE)}"
    with serving(replace(door, bodies=store)) as port:
        tracemalloc.start()
        answer = exchange(
            port,
            _head(link(door), length, "Connection: close", path="/v1/files"),
            *[_PIECE] * pieces,
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert (store.size, log.events[0].value) == (pieces * len(_PIECE), b"")
    assert peak < 16 * 1024 * 1024


def _take(door: Door, port: int, patient: str = "patient-7", body: bytes = _BODY) -> bytes:
    """Post a small file with a link token and return the answer."""
    lines = (f"Content-Length: {len(body)}", "Connection: close")
    return exchange(port, _head(link(door, patient), *lines, path="/v1/files"), body)


def _get(port: int, path: str) -> bytes:
    return exchange(
        port, f"GET {path} HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n".encode()
    )


def test_unproved_bodies_with_the_last_byte_withheld(
    door: Door, log: MemoryLog, tmp_path: Path
) -> None:
    size, spools = 300_000, Spools(folder=tmp_path, memory=600_000, disk=8_000_000)
    forged = sign(SVIX, door.secrets["open_wearables"][0], b"another", "m", _NOW)
    with serving(replace(door, spools=spools)) as port, ExitStack() as stack:
        socks = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), SERVING_WITHIN_S))
            for _ in range(20)
        ]
        for sock in socks:
            sock.sendall(_head(forged, f"Content-Length: {size + 1}") + b"x" * size)
        until(lambda: spools.unproved.disk.used > 0)
        assert list(tmp_path.iterdir()) == []  # a killed door would leave nothing
        assert _take(door, port).startswith(b"HTTP/1.1 202 ")
        assert spools.unproved.memory.used <= spools.unproved.memory.limit
        assert spools.unproved.disk.used <= spools.unproved.disk.limit
        answers = [sock.recv(65_536)[:12] for sock in socks]
        assert set(answers) == {
            b"HTTP/1.1 408",
            b"HTTP/1.1 503",
        }  # too slow; beyond what all may take together
        until(lambda: (spools.unproved.memory.used, spools.unproved.disk.used) == (0, 0))
    assert len(log.events) == 1


def test_garbage_on_one_token_is_told_when_to_come_again_and_hurts_nobody_else(
    door: Door, log: MemoryLog
) -> None:
    limited = replace(door, rates=Rates(tokens=Buckets(rate=1, burst=10)))
    with serving(limited) as port:
        answers = [_take(door, port, "garbage") for _ in range(50)]
        assert {answer[:12] for answer in answers[:10]} == {b"HTTP/1.1 202"}
        assert answers[-1].startswith(b"HTTP/1.1 429 ")
        assert b"retry-after: 1\r\n" in answers[-1]
        assert b'"reason":"token_rate"' in answers[-1]
        assert _take(door, port, "another").startswith(b"HTTP/1.1 202 ")
        assert 'kadens_door_refused_total{connector="files",reason="token_rate"}' in refusals(port)
        assert "garbage" not in refusals(port)
    assert len(log.events) < 20


def test_a_connector_is_limited_only_by_what_is_proved(door: Door) -> None:
    good = sign(SVIX, door.secrets["open_wearables"][0], _BODY, "m", _NOW)
    forged = sign(SVIX, door.secrets["open_wearables"][0], b"another", "m", _NOW)
    length = (f"Content-Length: {len(_BODY)}", "Connection: close")
    with serving(replace(door, rates=Rates(connectors=Buckets(rate=0.001, burst=1)))) as port:
        answers = [
            exchange(port, _head(headers, *length), _BODY)[:12]
            for headers in (forged, forged, good, good)
        ]
    assert answers == [b"HTTP/1.1 401", b"HTTP/1.1 401", b"HTTP/1.1 202", b"HTTP/1.1 429"]


class Stuck:
    """A body store that never answers."""

    async def put(self, sha256: str, body: bytes | BinaryIO) -> str:  # noqa: ARG002 - as the port
        await asyncio.Event().wait()
        return ""


def test_a_body_store_that_hangs_holds_up_large_bodies_only(door: Door, log: MemoryLog) -> None:
    with serving(replace(door, bodies=Stuck(), store_s=1.0)) as port, ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection(("127.0.0.1", port), SERVING_WITHIN_S))
        lines = (f"Content-Length: {INLINE + 1}", "Connection: close")
        sock.sendall(_head(link(door), *lines, path="/v1/files") + b"x" * (INLINE + 1))
        began = time.monotonic()
        assert _take(door, port).startswith(b"HTTP/1.1 202 ")
        assert _get(port, "/readyz").startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - began < 5
        assert sock.recv(65_536).startswith(b"HTTP/1.1 503 ")
    assert len(log.events) == 1
