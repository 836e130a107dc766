"""How one body is taken in: proved, kept, appended, and only then acknowledged. Nothing in it is decoded.

The order is fixed: link token and signature headers before the body, the signature over the raw bytes before
anything is kept, the body store before the log, the log's acknowledgement before ours.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from starlette.requests import ClientDisconnect

from ingest import links
from ingest.clock_watch import ClockWatch
from ingest.connector import Account, Connector
from ingest.ports import BodyStore, Clock, NotAcceptedError, Publisher, Revocations
from ingest.problems import refused, too_often
from ingest.spool import Spool, Spools, fill
from ingest.verify import Check, Verdict, begin
from model.envelope import INLINE, Envelope
from model.keyring import Keys
from model.topics import RAW, RAW_LARGE
from web.rates import Buckets

MESSAGE_ID = ("svix-id", "webhook-id", "idempotency-key")
LONGEST_HEADER = 200
PLACED_S = 300.0  # a body of the store is named by a message within so long


def unlimited() -> Buckets:
    """Return buckets that let everything through."""
    return Buckets(rate=0, burst=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often proved bodies may come: `tokens` by patient of the link token, `connectors` by name.

    `now` is a steady clock in seconds.
    """

    tokens: Buckets = field(default_factory=unlimited)
    connectors: Buckets = field(default_factory=unlimited)
    now: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What tells whether a link token holds: the link keys as they are now, and what is revoked."""

    keys: Keys
    revoked: Revocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Everything the vendor door needs, injected. `secrets` by connector name; a signed one without any is off.

    `window_ms`: how far a signed time may be from `clock`. `store_s`: how long the body store may take.
    `watch` compares `clock` with the log's; None where it is no clock of this machine.
    """

    connectors: tuple[Connector, ...]
    secrets: Mapping[str, Sequence[str]]
    links: Links
    publisher: Publisher
    bodies: BodyStore
    clock: Clock
    max_body: int = 100 * 1024 * 1024
    window_ms: int = 300_000
    store_s: float = 30.0
    spools: Spools = field(default_factory=Spools)
    rates: Rates = field(default_factory=Rates)
    watch: ClockWatch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request as the door sees it: header names in lower case; `token` is "" when none came."""

    headers: Mapping[str, str]
    stream: AsyncIterator[bytes]
    token: str = ""


def find(door: Door, name: str) -> Connector:
    """Return the connector that is on under this name; refuses any other."""
    connector = next((row for row in door.connectors if row.name == name), None)
    if connector is None or (connector.schemes and not door.secrets.get(name)):
        raise refused("unknown_connector")
    return connector


async def receive(door: Door, connector: Connector, incoming: Incoming) -> tuple[str, int]:
    """Take one body in and return its SHA-256 (hex) and size; raises `Refused` when it was not taken in.

    The same body again is taken in again: whoever reads the log knows it by its content.
    """
    cap = min(door.max_body, connector.max_body)
    declared = _declared(incoming.headers, cap)
    now = door.clock()
    link = _link(door, connector, incoming.token, now)
    check = _check(door, connector, incoming.headers, now)
    # without a signature the link token was the proof
    holder = link.patient if link is not None and check is None else ""
    spool = Spool(door.spools, feed=None if check is None else check.update, holder=holder)
    try:
        await _read(incoming.stream, cap, spool)
        if spool.size == 0 or declared not in {None, spool.size}:
            raise refused("early_end" if declared else "empty")
        if check is not None and (verdict := check.verdict()) is not Verdict.OK:
            raise refused(verdict)
        _within(door.rates.connectors, "connector_rate", connector.name, door.rates.now())
        envelope = _envelope(connector, incoming.headers, spool, link, now)
        await _keep(door, envelope, spool)
    finally:
        spool.close()
    return envelope.sha256, envelope.size


def _envelope(
    connector: Connector,
    headers: Mapping[str, str],
    spool: Spool,
    link: links.Link | None,
    received_ms: int,
) -> Envelope:
    return Envelope(
        connector=connector.name,
        received_ms=received_ms,
        sha256=spool.sha256,
        size=spool.size,
        content_type=headers.get("content-type", "")[:LONGEST_HEADER],
        patient=link.patient if link else "",
        link=link.digest.hex() if link else "",
        message_id=next((headers[name] for name in MESSAGE_ID if name in headers), "")[
            :LONGEST_HEADER
        ],
    )


def _declared(headers: Mapping[str, str], cap: int) -> int | None:
    """Return the length that was announced, None for a chunked body; too much is refused unread."""
    result = headers.get("content-length")
    if result is None:
        if "transfer-encoding" not in headers:
            raise refused("length_required")
        return None
    if not (result.isascii() and result.isdigit()):
        raise refused("length_required")
    if len(result) > len(str(cap)) or int(result) > cap:
        raise refused("too_large")
    return int(result)


def _link(door: Door, connector: Connector, token: str, now_ms: int) -> links.Link | None:
    """Return what the link token says, None where none came and none is needed.

    Forged, expired and revoked are one answer: whoever tries tokens learns nothing.
    """
    if not token and connector.account is Account.BODY:
        return None
    link = links.read(token, door.links.keys(), now_ms)
    if link is None:
        raise refused("link")
    if not door.links.revoked.known():
        raise refused("log")
    if door.links.revoked.revoked(link.digest):
        raise refused("link")
    # only a token that holds uses up the patient's share
    _within(door.rates.tokens, "token_rate", link.patient, door.rates.now())
    return link


def _within(buckets: Buckets, reason: str, key: str, now: float) -> None:
    if wait_s := buckets.take(key, now):
        raise too_often(reason, wait_s)


def _check(
    door: Door, connector: Connector, headers: Mapping[str, str], now_ms: int
) -> Check | None:
    if not connector.schemes:
        return None
    secrets = door.secrets[connector.name]
    check = begin(connector.schemes, secrets, headers, now_ms=now_ms, window_ms=door.window_ms)
    if isinstance(check, Verdict):
        raise refused(check)
    return check


async def _read(stream: AsyncIterator[bytes], cap: int, spool: Spool) -> None:
    try:
        await fill(spool, stream, cap)
    except (OSError, TimeoutError) as error:  # the disk is full, or takes nothing
        raise refused("busy") from error
    except ClientDisconnect:
        raise refused("early_end") from None


async def _keep(door: Door, envelope: Envelope, spool: Spool) -> None:
    """Append the event; a large body goes into the store first, so that no event points at nothing."""
    began = time.monotonic()
    try:
        value, address = await _placed(door, await spool.content(INLINE))
        headers = replace(envelope, address=address).headers()
        topic = RAW_LARGE if address else RAW
        await door.publisher.append(topic.name, envelope.sha256.encode(), value, headers)
    except (NotAcceptedError, OSError, TimeoutError) as error:
        raise refused("log") from error
    if address and time.monotonic() - began > PLACED_S:
        raise refused(
            "log"
        )  # this process stood still: a file that no message named for so long may be swept away


async def _placed(door: Door, body: bytes | BinaryIO) -> tuple[bytes, str]:
    """Return what the event itself holds, and the address where the body lies otherwise.

    The address is of this receipt alone: whoever settles its message may remove the file.
    """
    if isinstance(body, bytes) and len(body) <= INLINE:
        return body, ""
    async with asyncio.timeout(door.store_s):
        return b"", await door.bodies.put(secrets.token_hex(32), body)
