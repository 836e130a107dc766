"""How long each connector's sender waits for its answer, beside a handler that only appends.

Both handlers are processes of their own, and bodies come to them in turns at 200 a second, whether
or not the ones before were answered. The clock of a body runs from when it was due.
"""

import asyncio
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np

from bench.doors.served import APPS
from bench.row import Row
from ingest.connector import Connector
from ingest.links import mint
from ingest.proving.proofs import LinkOnly
from ingest.sandbox_keys import sandbox_key
from ingest.sender import Proven, prove
from ingest.vendors import CONNECTORS
from kadens.local.children import answers
from kadens.local.up_options import free_port
from model.keyring import KeyRing

_RATE, _WITHIN_S, _READY_S, _LOOK_S = 200, 10.0, 60.0, 0.1
_FLOOR = 1 / 1.2
# the fields that some vendors sign in place of the bytes, and as much more as a small push has
_BODY = b'{"event":"SOMETHING","openId":"o","eventType":"t","eventTime":1,"more":"%s"}'
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSize:
    """Bodies of each connector to either handler, in turns of so many."""

    bodies: int = 2_000
    turn: int = 200


FULL_DOORS, TINY_DOORS = DoorSize(), DoorSize(bodies=8, turn=4)


@dataclass(slots=True)
class _Target:
    """A handler on loopback, with connections that wait for their next body."""

    port: int
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Return the status of the answer to a body."""
        reader, writer = connection = await self._connection()
        lines = [f"POST {path} HTTP/1.1", "host: door", f"content-length: {len(body)}"]
        lines += map(": ".join, headers.items())
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        _, _, rest = head.partition("content-length: ")
        if rest:
            await reader.readexactly(int(rest.split("\r\n")[0]))
        self.idle.append(connection)
        return int(head.split()[1])

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self.idle:
            reader, writer = self.idle.pop()
            # a server closes what has waited for long
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)


def run_doors(size: DoorSize) -> list[Row]:
    """Return the 99th percentile of each connector's answer."""
    secret = "whsec_" + secrets.token_hex(16)
    with ExitStack() as stack:
        ports: dict[str, int] = {}
        for which in APPS:
            ports[which] = stack.enter_context(_served(which, secret))
        rows = []
        for row in CONNECTORS:
            figure = asyncio.run(_measured(row, ports, secret, size))
            rows.append(figure)
        return rows


@contextmanager
def _served(which: str, secret: str) -> Iterator[int]:
    """Start a handler; give its port."""
    port = free_port()
    words = [sys.executable, "-m", "bench.doors.served", which, str(port), secret]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + _READY_S
            while not answers(f"http://127.0.0.1:{port}/healthz"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the handler {which} does not answer")
                time.sleep(_LOOK_S)
            yield port
        finally:
            process.terminate()


async def _measured(row: Connector, ports: dict[str, int], secret: str, size: DoorSize) -> Row:
    targets = dict(zip(ports, map(_Target, ports.values()), strict=True))
    waits: dict[str, list[float]] = {}
    for first in range(0, size.bodies, size.turn):
        # in turns, so that whatever else this machine does meets both
        for which, target in targets.items():
            numbers = range(first, min(first + size.turn, size.bodies))
            waits.setdefault(which, []).extend(await _turn(target, row, secret, numbers))
    for target in targets.values():
        for _, writer in target.idle:
            writer.close()
    door = float(np.percentile(waits["door"], 99))
    plain = float(np.percentile(waits["appending"], 99))
    return Row(
        name=f"door p99, {row.name}",
        value=door * 1000,
        unit="ms",
        baseline=f"a handler that only appends: {plain * 1000:.1f} ms",
        ratio=plain / door,
        floor=_FLOOR,
    )


async def _turn(
    target: _Target, row: Connector, secret: str, numbers: Sequence[int]
) -> list[float]:
    """Send a turn of bodies at their times; return how long each answer took, in seconds."""
    sent = []
    begun = time.perf_counter()
    for turn, number in enumerate(numbers):
        body = _BODY % f"{number:>1500}".encode()
        shown = _proved(row, secret, body, number)
        due = begun + turn / _RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(asyncio.create_task(_timed(target, row, shown, due)))
    return await asyncio.gather(*sent)


async def _timed(target: _Target, row: Connector, shown: Proven, due: float) -> float:
    path = f"/v1/hooks/{row.name}{shown.path}"
    status = await asyncio.wait_for(target.post(path, shown.body, dict(shown.headers)), _WITHIN_S)
    took = time.perf_counter() - due
    # a refusal is fast, and would make a figure look good
    if not 200 <= status < 300:  # noqa: PLR2004 - the class of success
        raise RuntimeError(f"{row.name}: a proved body was answered {status}")
    return took


def _proved(row: Connector, secret: str, body: bytes, number: int) -> Proven:
    now_ms = int(time.time() * 1000)
    if isinstance(row.proof, LinkOnly):
        keys = KeyRing.single(secret.encode())
        token = mint("patient-7", keys, issue=1, expires_ms=now_ms + _HOUR_MS)
        return Proven(body=body, headers={"authorization": f"Bearer {token}"})
    return prove(row.proof, sandbox_key(row.proof, secret), body, f"msg_{number}", now_ms)
