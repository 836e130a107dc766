"""An attacker as a process of its own: `python -m tests.attack.instruments.flooder`.

It reads a plan as JSON from its standard input and prints its account as JSON. It is bounded: it
connects to loopback only, with a fixed number of connections, for a fixed time, and ends itself. It
imports nothing of the product.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_LONGEST_S = 120.0
MOST_CONNECTIONS = 1_100
CHUNK = b"a" * 65_536
PIPELINED = 20  # requests written at once on a connection
REOPEN_S = 0.2
NICE = 10  # an attacker's own work must not take the processor from the door


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan of an attack: its kind, port, duration, source addresses and bytes.

    `head` is the beginning of each connection, `body` is how many bytes follow it, and `rate` is
    requests a second in all.
    """

    kind: str
    port: int
    seconds: float
    connections: int
    sources: list[str]
    head: str
    body: int = 0
    rate: float = 0.0


@dataclass(slots=True)
class Done:
    """The account of an attack.

    It counts connections opened and refused, the most open at once, bytes sent, and answers by
    status.
    """

    opened: int = 0
    refused: int = 0
    held: int = 0
    most_held: int = 0
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Plan, Done], Awaitable[None]]


async def drip(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plan: Plan, done: Done
) -> None:
    """Send a head that never ends, a byte a second."""
    writer.write(plan.head.encode())
    while not writer.is_closing():
        await _listen(reader, done, 1.0)
        await _write(writer, b"a", done)


async def endless(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plan: Plan, done: Done
) -> None:
    """Send a header value as fast as it is taken."""
    await _write(writer, plan.head.encode() + b"x-endless: ", done)
    while True:
        await _write(writer, CHUNK, done)
        await _listen(reader, done, 0.0)


async def withhold(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plan: Plan, done: Done
) -> None:
    """Send a body but for its last byte, and wait."""
    await _write(writer, plan.head.encode() + f"content-length: {plan.body}\r\n\r\n".encode(), done)
    left = plan.body - 1
    while left > 0:
        await _write(writer, CHUNK[: min(left, len(CHUNK))], done)
        left -= len(CHUNK)
        await _listen(reader, done, 0.0)
    while True:
        await _listen(reader, done, 1.0)


async def _garbage(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plan: Plan, done: Done
) -> None:
    """Send complete requests of garbage, many at a time, at this connection's share of the rate."""
    pause = PIPELINED * plan.connections / plan.rate
    while True:
        began = time.monotonic()
        await _write(writer, b"".join(_request(plan) for _ in range(PIPELINED)), done)
        await _listen(reader, done, max(0.001, pause - (time.monotonic() - began)))


TALKS: Mapping[str, Talk] = {
    "drip": drip,
    "endless": endless,
    "withhold": withhold,
    "garbage": _garbage,
}


def _request(plan: Plan) -> bytes:
    body = os.urandom(plan.body // 2).hex().encode()
    return plan.head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body


async def _write(writer: asyncio.StreamWriter, data: bytes, done: Done) -> None:
    writer.write(data)
    await writer.drain()
    done.sent += len(data)


async def _listen(reader: asyncio.StreamReader, done: Done, seconds: float) -> None:
    """Take what was answered within some seconds; ConnectionError at the end of the connection."""
    over = time.monotonic() + seconds
    while True:
        try:
            async with asyncio.timeout(max(0.0005, over - time.monotonic())):
                data = await reader.read(65_536)
        except TimeoutError:
            return
        if not data:
            raise ConnectionError
        done.answers.update(
            piece[:3].decode(errors="replace") for piece in data.split(b"HTTP/1.1 ")[1:]
        )


async def _connection(number: int, plan: Plan, done: Done) -> None:
    """Keep a connection busy, and open it again whenever it is closed."""
    source = plan.sources[number % len(plan.sources)]
    while True:
        try:
            reader, writer = await asyncio.open_connection(HOST, plan.port, local_addr=(source, 0))
        except OSError:
            done.refused += 1
            await asyncio.sleep(REOPEN_S)
            continue
        done.opened, done.held = done.opened + 1, done.held + 1
        done.most_held = max(done.most_held, done.held)
        try:
            await TALKS[plan.kind](reader, writer, plan, done)
        except OSError:
            await asyncio.sleep(REOPEN_S)
        finally:
            done.held -= 1
            writer.transport.abort()


async def flood(plan: Plan) -> Done:
    """Attack until the time is over."""
    done = Done()
    many = [
        asyncio.create_task(_connection(n, plan, done))
        for n in range(min(plan.connections, MOST_CONNECTIONS))
    ]
    await asyncio.wait(many, timeout=min(plan.seconds, _LONGEST_S))
    for item in many:
        item.cancel()
    await asyncio.gather(*many, return_exceptions=True)
    return done


def _main() -> None:
    """Read a plan, carry it out, and print what was done."""
    os.nice(NICE)
    done = asyncio.run(flood(Plan(**json.load(sys.stdin))))
    reported = {
        "opened": done.opened,
        "refused": done.refused,
        "most_held": done.most_held,
        "sent": done.sent,
    }
    sys.stdout.write(json.dumps({**reported, "answers": dict(done.answers)}))


if __name__ == "__main__":
    _main()
