"""Sends payloads again as they came: released from quarantine, or dead letters for today's reader.

They keep their envelope, including the time of receipt: consents and links are looked up for that
time. They are on the log before the caller's transaction commits. A crash between the two sends a
payload twice, which the writer recognises.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from model.envelope import INLINE
from model.topics import RAW_LARGE
from storage.bodies.body_store import BodyStorage
from storage.bodies.sealed import new_name
from stream.log.messages import Headers, Outgoing, Producer

# a message must name a payload in the store within this time (seconds), see `housekeeping`
NAMED_WITHIN_S = 300.0


class TooLateError(RuntimeError):
    """Too much time passed between storing a payload and naming it; the payload may be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """One message to send again: the original topic, key and headers, and the payload itself."""

    topic: str
    key: bytes
    headers: Headers
    body: bytes


async def resend(producer: Producer, bodies: BodyStorage, messages: Sequence[Resent]) -> None:
    """Append messages to the log; raises what the log and the store raise, and `TooLateError`."""
    began = time.monotonic()
    outgoing: list[Outgoing] = []
    for message in messages:
        ready = await _outgoing(bodies, message)
        outgoing.append(ready)
    await producer.send_all(outgoing)
    # the sweep may have removed a payload that nothing named for so long, so all is rolled back
    if time.monotonic() - began > NAMED_WITHIN_S:
        raise TooLateError


async def _outgoing(bodies: BodyStorage, message: Resent) -> Outgoing:
    """Return the message for the log; a large payload goes into the store first, as at the door.

    A message without an envelope, such as a fact, has no address, so its payload is its value.
    """
    large = len(message.body) > INLINE and "address" in dict(message.headers)
    address = (await bodies.put(new_name(), message.body)).encode() if large else b""
    # the old address is never sent again: its file was removed when the first message was settled
    headers = tuple(
        (name, address if name == "address" else value) for name, value in message.headers
    )
    value = b"" if address else message.body
    topic = RAW_LARGE.name if address else message.topic
    return Outgoing(topic=topic, key=message.key, value=value, headers=headers)
