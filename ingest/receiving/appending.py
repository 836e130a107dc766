"""Brings a body to the log, or to the body store and its address to the log. It decides nothing."""

import asyncio
import secrets
import time
from dataclasses import replace
from typing import BinaryIO

from ingest.ports import BodyStore, NotAcceptedError, Publisher
from model.envelope import INLINE, Envelope
from model.topics import RAW, RAW_LARGE

_PLACED_S = 300.0  # the longest time from storing a body to the message that names it


async def append_body(
    publisher: Publisher,
    bodies: BodyStore,
    envelope: Envelope,
    content: bytes | BinaryIO,
    store_s: float,
) -> None:
    """Append the message; a large body is stored first, so that no message names a missing body.

    Storing may take `store_s` seconds. Raises NotAcceptedError, OSError or TimeoutError when it was
    not taken.
    """
    began = time.monotonic()
    value, address = await _placed(bodies, content, store_s, is_sealed=bool(envelope.sealed))
    # nearly every body is in its message, and its envelope need not be made anew
    headers = (replace(envelope, address=address) if address else envelope).headers()
    topic = RAW_LARGE if address else RAW
    await publisher.append(topic.name, envelope.sha256.encode(), value, headers)
    if address and time.monotonic() - began > _PLACED_S:
        # This process was suspended. A stored body that no message names for so long counts as an
        # orphan and may have been removed, so the sender must send it again.
        raise NotAcceptedError("suspended")


async def _placed(
    bodies: BodyStore, body: bytes | BinaryIO, store_s: float, *, is_sealed: bool
) -> tuple[bytes, str]:
    """Return the body that the message itself holds, or b"" and the address of the stored body.

    Each receipt has an address of its own, so the consumer that settles its message may remove the
    stored body.
    """
    # what is sealed was short enough before, and is a little longer now
    if isinstance(body, bytes) and (is_sealed or len(body) <= INLINE):
        return body, ""
    async with asyncio.timeout(store_s):
        return b"", await bodies.put(secrets.token_hex(32), body)
