"""A message of `kadens.raw` becomes what a parser makes of it. Must never raise for what a sender did.

Parsing happens in the event loop, and in a thread when the body is big: one long parse must not hold up the others
nor the heartbeats.
"""

import asyncio
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from ..model.calendar import utc
from ..model.envelope import INLINE, Envelope
from ..model.errors import BodyError
from ..model.facts import Fact, OffsetOrigin, Parsed, Reject, Told
from ..parsers.table import FILES, PARSERS, parse, version
from ..storage.body_store import BodyStore
from .messages import Message

CONNECTORS = frozenset({FILES, *(row.name for row in PARSERS)})
NO_ENVELOPE = Envelope(connector="", received_ms=0, sha256="", size=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One body and what it holds. `parsed` is None when it could not be read at all; then `rejects` says why."""

    message: Message
    envelope: Envelope
    body: bytes
    parsed: Parsed | None
    rejects: tuple[Reject, ...]

    @property
    def dead(self) -> bool:
        """Tell whether nothing could be read of it."""
        return bool(self.rejects) and (self.parsed is None or not self.parsed.facts)


async def read(message: Message, bodies: BodyStore) -> Read:
    """Read one message. The body lies in the message, or at the envelope's address in the body store."""
    try:
        envelope = Envelope.read(message.headers)
    except (KeyError, ValueError):
        return _unread(message, NO_ENVELOPE, b"", Reject(where="headers", why="not an envelope of this version"))
    if envelope.connector not in CONNECTORS:
        return _unread(message, envelope, b"", Reject(where="headers", why="a connector without a parser here"))
    body = message.value
    if envelope.address:
        kept = await bodies.get(envelope.address)
        if kept is None:
            return _unread(message, envelope, b"", Reject(where="body store", why="the body is not there"))
        body = kept
    try:
        parsed = await parse_body(envelope, body)
    except BodyError as error:
        return _unread(message, envelope, body, Reject(where=error.where, why=error.why))
    return Read(message=message, envelope=envelope, body=body, parsed=parsed, rejects=parsed.rejects)


def told_by(envelope: Envelope, parsed: Parsed, patient: str, zone: str) -> list[Told]:
    """Return the facts of a body as told of a patient in an IANA zone, by today's version of its parser."""
    parser = version(envelope.connector)
    return [
        Told(
            patient=patient,
            connector=envelope.connector,
            received_ms=envelope.received_ms,
            body=envelope.sha256,
            fact=with_offset(fact, zone),
            parser=parser,
        )
        for fact in parsed.facts
    ]


async def parse_body(envelope: Envelope, body: bytes) -> Parsed:
    """Return what today's parser makes of a body, a big one in a thread; raises BodyError."""
    said = (envelope.connector, body, envelope.content_type)
    return parse(*said) if len(body) <= INLINE else await asyncio.to_thread(parse, *said)


def with_offset(fact: Fact, zone: str) -> Fact:
    """Return the fact with the UTC offset of the patient's zone where its source gave none."""
    if fact.head.offset_min is not None:
        return fact
    minutes = _offset_min(fact.head.start_ms, zone)
    head = replace(fact.head, offset_min=minutes, offset_origin=OffsetOrigin.PATIENT_ZONE)
    return replace(fact, head=head)


def _offset_min(at_ms: int, zone: str) -> int:
    shift = utc(at_ms).astimezone(ZoneInfo(zone)).utcoffset()
    return round(shift.total_seconds() / 60) if shift is not None else 0


def _unread(message: Message, envelope: Envelope, body: bytes, reject: Reject) -> Read:
    return Read(message=message, envelope=envelope, body=body, parsed=None, rejects=(reject,))
