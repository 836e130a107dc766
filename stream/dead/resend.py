"""Sends payloads again as they came: released from quarantine, or dead letters for today's reader.

They keep their envelope, including the time of receipt: consents and links are looked up for that
time. Those whose patient is known by now are sealed for that patient. They are on the log before
the caller's transaction commits. A crash between the two sends a payload twice, which the writer
recognises.
"""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from model.envelope import INLINE, Envelope
from model.keyring import KeyRing
from model.privacy.sealed_box import PUBLIC_BYTES, box_public
from model.privacy.sealing import sealed_content
from model.topics import RAW, RAW_LARGE
from storage.bodies.body_store import BodyStorage
from storage.bodies.sealed import new_name
from storage.people.data_keys import data_keys_of
from storage.pg.pool import Connection
from stream.log.messages import Headers, Outgoing, Producer

# a message must name a payload in the store within this time (seconds), see `housekeeping`
NAMED_WITHIN_S = 300.0


_SEALABLE = frozenset({RAW.name, RAW_LARGE.name})


class TooLateError(RuntimeError):
    """Too much time passed between storing a payload and naming it; the payload may be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """One message to send again: the original topic, key and headers, and the payload itself.

    `patient` is whose it is, as far as that is known by now, and `public` the key to seal it for
    them; "" and b"" for a payload of nobody.
    """

    topic: str
    key: bytes
    headers: Headers
    body: bytes
    patient: str = ""
    public: bytes = b""


async def sealing_keys(
    conn: Connection, wrapping_key: KeyRing, patients: Iterable[str | None]
) -> dict[str | None, bytes]:
    """Return the public key of each patient who has one; None and "" stand for nobody."""
    names = set(filter(None, patients))
    keys = await data_keys_of(conn, wrapping_key, names) if names else {}
    return {name: box_public(key) for name, key in keys.items()}


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
    envelope = _envelope(message)
    if envelope is not None:
        return await _sealed(bodies, message, envelope)
    large = len(message.body) > INLINE and "address" in dict(message.headers)
    address = (await bodies.put(new_name(), message.body)).encode() if large else b""
    # the old address is never sent again: its file was removed when the first message was settled
    headers = tuple(
        (name, address if name == "address" else value) for name, value in message.headers
    )
    value = b"" if address else message.body
    topic = RAW_LARGE.name if address else message.topic
    return Outgoing(topic=topic, key=message.key, value=value, headers=headers)


def _envelope(message: Resent) -> Envelope | None:
    """Return the envelope of a payload that can be sealed; what has none is sent as it came."""
    if not message.public or message.topic not in _SEALABLE:
        return None
    try:
        return Envelope.read(message.headers)
    except (KeyError, ValueError):
        return None


async def _sealed(bodies: BodyStorage, message: Resent, envelope: Envelope) -> Outgoing:
    """Return the message sealed for its patient, who decides nothing about whose it is."""
    known = envelope.patient == message.patient
    named = replace(envelope, address="", sealed_for="" if known else message.patient)
    once = partial(secrets.token_bytes, PUBLIC_BYTES)
    named, value = sealed_content(named, message.body, message.public, once)
    if isinstance(value, bytes):
        return Outgoing(topic=RAW.name, key=message.key, value=value, headers=_headers(named))
    placed = replace(named, address=await bodies.put(new_name(), value))
    return Outgoing(topic=RAW_LARGE.name, key=message.key, value=b"", headers=_headers(placed))


def _headers(envelope: Envelope) -> Headers:
    return tuple(envelope.headers())
