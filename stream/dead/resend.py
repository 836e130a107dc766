"""Sends bodies again as they came: released from quarantine, or dead letters that today's reader is to read.

The envelope is the one they came with, the time of receipt included: consent and links are looked up for that time.
The log has them before the caller's transaction commits, so a crash between sends one twice, which the writer knows.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from model.envelope import INLINE
from model.topics import RAW_LARGE
from storage.bodies.body_store import BodyStore
from storage.bodies.sealed import new_name
from stream.log.messages import Headers, Outgoing, Producer

PLACED_S = (
    300.0  # a body of the store must be named by a message within so long, see `housekeeping`
)


class TooLateError(RuntimeError):
    """This process stood still between storing a body and naming it: the body may be gone. Nothing is settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One message to be sent again: topic, key, headers as they were, and the body itself."""

    topic: str
    key: bytes
    headers: Headers
    body: bytes


async def resend(producer: Producer, bodies: BodyStore, messages: Sequence[Again]) -> None:
    """Append messages; raises what log and store raise, and `TooLateError`."""
    began = time.monotonic()
    await producer.send_all([await _outgoing(bodies, message) for message in messages])
    if time.monotonic() - began > PLACED_S:
        raise TooLateError


async def _outgoing(bodies: BodyStore, again: Again) -> Outgoing:
    """Return the message; a large body goes into the store first, under an address of its own, as at the door.

    What has no envelope, as a fact, has no address either and is its message's value.
    """
    large = len(again.body) > INLINE and any(name == "address" for name, _ in again.headers)
    address = (await bodies.put(new_name(), again.body)).encode() if large else b""
    headers = tuple(
        (name, address if name == "address" else value) for name, value in again.headers
    )
    value = b"" if address else again.body
    topic = RAW_LARGE.name if address else again.topic
    return Outgoing(topic=topic, key=again.key, value=value, headers=headers)
