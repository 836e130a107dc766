"""How one body is taken in: proved, kept, appended, and only then acknowledged. Nothing in it is decoded.

The order is fixed: link token and signature headers before the body, the signature over the raw bytes before
anything is kept, the body store before the log, the log's acknowledgement before ours.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.requests import ClientDisconnect

from ..model.envelope import INLINE, Envelope
from ..model.keyring import Keys
from ..stream.topics import RAW
from . import links
from .connector import Account, Connector
from .ports import BodyStore, Clock, NotAcceptedError, Publisher, Revocations
from .problems import refused
from .spool import Spool, fill
from .verify import Check, Verdict, begin

MESSAGE_ID = ("svix-id", "webhook-id", "idempotency-key")
LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What tells whether a link token holds: the link keys as they are now, and what is revoked."""

    keys: Keys
    revoked: Revocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Everything the vendor door needs, injected. `secrets` by connector name; a signed one without any is off.

    `window_ms`: how far a signed time may be from `clock`. `patience_s`: how long a body may take to arrive.
    """

    connectors: tuple[Connector, ...]
    secrets: Mapping[str, Sequence[str]]
    links: Links
    publisher: Publisher
    bodies: BodyStore
    clock: Clock
    max_body: int = 100 * 1024 * 1024
    window_ms: int = 300_000
    patience_s: float = 300.0


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


async def receive(door: Door, connector: Connector, incoming: Incoming, spool: Spool) -> str:
    """Take one body in and return its SHA-256 (hex); raises `Refused` when it was not taken in.

    The same body again is taken in again: whoever reads the log knows it by its content.
    """
    declared = _declared(incoming.headers, door.max_body)
    now = door.clock()
    link = _link(door, connector, incoming.token, now)
    check = _check(door, connector, incoming.headers, now)
    await _read(door, incoming.stream, spool, check)
    if spool.size == 0 or declared not in {None, spool.size}:
        raise refused("early_end" if declared else "empty")
    if check is not None and (verdict := check.verdict()) is not Verdict.OK:
        raise refused(verdict)
    envelope = Envelope(
        connector=connector.name,
        received_ms=now,
        sha256=spool.sha256,
        size=spool.size,
        content_type=incoming.headers.get("content-type", "")[:LONGEST_HEADER],
        patient=link.patient if link else "",
        link=link.digest.hex() if link else "",
        message_id=next((incoming.headers[n] for n in MESSAGE_ID if n in incoming.headers), "")[:LONGEST_HEADER],
    )
    await _keep(door, envelope, spool)
    return envelope.sha256


def _declared(headers: Mapping[str, str], cap: int) -> int | None:
    """Return the length that was announced, None for a chunked body; too much is refused unread."""
    said = headers.get("content-length")
    if said is None:
        if "transfer-encoding" not in headers:
            raise refused("length_required")
        return None
    if not (said.isascii() and said.isdigit()):
        raise refused("length_required")
    if len(said) > len(str(cap)) or int(said) > cap:
        raise refused("too_large")
    return int(said)


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
    return link


def _check(door: Door, connector: Connector, headers: Mapping[str, str], now_ms: int) -> Check | None:
    if not connector.schemes:
        return None
    secrets = door.secrets[connector.name]
    check = begin(connector.schemes, secrets, headers, now_ms=now_ms, window_ms=door.window_ms)
    if isinstance(check, Verdict):
        raise refused(check)
    return check


async def _read(door: Door, stream: AsyncIterator[bytes], spool: Spool, check: Check | None) -> None:
    try:
        async with asyncio.timeout(door.patience_s):
            await fill(spool, stream, door.max_body, check.update if check else _ignore)
    except TimeoutError:
        raise refused("slow") from None
    except ClientDisconnect:
        raise refused("early_end") from None


def _ignore(_chunk: bytes) -> None:
    return


async def _keep(door: Door, envelope: Envelope, spool: Spool) -> None:
    """Append the event; a large body goes into the store first, so that no event points at nothing."""
    try:
        value, address = await _placed(door, envelope.sha256, spool.content())
        headers = replace(envelope, address=address).headers()
        await door.publisher.append(RAW.name, envelope.sha256.encode(), value, headers)
    except (NotAcceptedError, OSError) as error:
        raise refused("log") from error


async def _placed(door: Door, sha256: str, body: bytes | Path) -> tuple[bytes, str]:
    """Return what the event itself holds, and the address where the body lies otherwise."""
    if isinstance(body, bytes) and len(body) <= INLINE:
        return body, ""
    return b"", await door.bodies.put(sha256, body)
