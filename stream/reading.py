"""A message of `kadens.raw` becomes what a parser makes of it. Must never raise for what a sender did.

Readers work in processes of their own (`readers`), so that nothing a body does holds up or ends the worker.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from model.calendar import utc
from model.envelope import INLINE, Envelope
from model.facts import AttributedFact, Fact, OffsetOrigin, Parsed, Reject, RejectKind
from parsers.formats import FILES, FORMATS, format_of, parse, version_of
from storage.bodies.body_store import BodyStore
from stream.log.messages import Message
from stream.readers.pool import Reader
from stream.readers.wire import Body, Refusal

CONNECTORS = frozenset({FILES, *(row.name for row in FORMATS)})
NO_ENVELOPE = Envelope(connector="", received_ms=0, sha256="", size=0)
NOT_AN_ENVELOPE = Reject(
    where="headers", why="not an envelope of this version", kind=RejectKind.ENVELOPE
)
NO_PARSER = Reject(
    where="headers", why="a connector without a parser here", kind=RejectKind.ENVELOPE
)
NO_BODY = Reject(where="body store", why="the body is not there", kind=RejectKind.ENVELOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One body and what it holds. `parsed` is None when it could not be read at all; then `rejects` says why.

    `fault` describes an error of our own in a reader, without values; else it is empty.
    """

    message: Message
    envelope: Envelope
    body: bytes
    parsed: Parsed | None
    rejects: tuple[Reject, ...]
    fault: str = ""

    @property
    def format(self) -> str:
        """Return the name of the format of a body that could be read."""
        return format_of(self.envelope.connector, self.body)

    @property
    def dead(self) -> bool:
        """Tell whether nothing could be read of it."""
        return bool(self.rejects) and (self.parsed is None or not self.parsed.facts)


async def read_all(messages: Sequence[Message], bodies: BodyStore, reader: Reader) -> list[Read]:
    """Read messages whose bodies lie in them, or at their envelopes' addresses; results in the same order."""
    reads = [await received(message, bodies) for message in messages]
    waiting = [read for read in reads if not read.rejects]
    small = [read for read in waiting if not read.envelope.address]
    answers = dict(
        zip(map(id, small), await reader.read([_body(read) for read in small]), strict=True)
    )
    for read in waiting:
        if read.envelope.address:
            answers[id(read)] = await reader.read_large(_body(read))
    return [_answered(read, answers[id(read)]) if id(read) in answers else read for read in reads]


async def parse_body(envelope: Envelope, body: bytes) -> Parsed:
    """Return what today's parser makes of a body, here and a big one in a thread; raises BodyError. For a replay."""
    words = (envelope.connector, body, envelope.content_type)
    return parse(*words) if len(body) <= INLINE else await asyncio.to_thread(parse, *words)


def told_by(
    envelope: Envelope, parsed: Parsed, patient: str, zone: str, name: str
) -> list[AttributedFact]:
    """Return the facts of a body of a format as told of a patient, by today's version of it."""
    parser = version_of(name)
    return [told_as(envelope, fact, patient, zone, parser) for fact in parsed.facts]


def told_as(envelope: Envelope, fact: Fact, patient: str, zone: str, parser: int) -> AttributedFact:
    """Return one fact of a body as told of a patient in an IANA zone, by a version of its parser."""
    return AttributedFact(
        patient=patient,
        connector=envelope.connector,
        received_ms=envelope.received_ms,
        body=envelope.sha256,
        fact=with_offset(fact, zone),
        parser=parser,
    )


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


async def received(message: Message, bodies: BodyStore) -> Read:
    """Return a message with its envelope and body, unread; with rejects where one of them is missing."""
    try:
        envelope = Envelope.read(message.headers)
    except (KeyError, ValueError):
        return _unread(message, NO_ENVELOPE, b"", NOT_AN_ENVELOPE)
    if envelope.connector not in CONNECTORS:
        return _unread(message, envelope, b"", NO_PARSER)
    if not envelope.address:
        return _unread(message, envelope, message.value)
    kept = await _kept(bodies, envelope.address)
    return (
        _unread(message, envelope, b"", NO_BODY)
        if kept is None
        else _unread(message, envelope, kept)
    )


async def _kept(bodies: BodyStore, address: str) -> bytes | None:
    try:
        return await bodies.get(address)
    except ValueError:  # no address that the store ever gave out
        return None


def _body(read: Read) -> Body:
    result = read.envelope
    return Body(connector=result.connector, content_type=result.content_type, content=read.body)


def _answered(read: Read, answer: Parsed | Refusal) -> Read:
    if isinstance(answer, Refusal):
        return replace(read, rejects=(answer.reject,), fault=answer.fault)
    return replace(read, parsed=answer, rejects=answer.rejects)


def _unread(message: Message, envelope: Envelope, body: bytes, *rejects: Reject) -> Read:
    return Read(message=message, envelope=envelope, body=body, parsed=None, rejects=rejects)
