"""Reads the bodies of messages of `kadens.raw`. It must never raise because of what was sent.

Readers work in processes of their own (`readers`), so that no body can delay or end the worker.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from model.calendar import zone_offset_min
from model.envelope import INLINE, Envelope
from model.facts import AttributedFact, Fact, OffsetOrigin, Parsed, Reject, RejectKind
from model.received import Fetch, Notice, Part
from model.topics import RAW
from parsers.formats import BY_BYTES, FILES_CONNECTOR, FORMATS, parse_as, version_of
from storage.bodies.body_store import BodyStorage
from stream.log.messages import Message
from stream.readers.answers import ReaderAnswer, answer
from stream.readers.pool import Reader
from stream.readers.wire import BodyToRead, Holdings, Refusal

NO_ENVELOPE = Envelope(connector="", received_ms=0, sha256="", size=0)
NOT_AN_ENVELOPE = Reject(
    where="headers", why="not an envelope of this version", kind=RejectKind.ENVELOPE
)
NO_FORMAT = Reject(where="headers", why="a format without a reader here", kind=RejectKind.ENVELOPE)
NO_BODY = Reject(where="body store", why="the body is not there", kind=RejectKind.ENVELOPE)
NOT_OPENED = Reject(
    where="body", why="it does not open with its patient's key", kind=RejectKind.SEALED
)
NOT_DIVIDED = Reject(
    where="body", why="several accounts, not divided by its reader", kind=RejectKind.READER_FAULT
)
READABLE_CONNECTORS = frozenset({FILES_CONNECTOR, *(row.name for row in FORMATS)})
KNOWN = READABLE_CONNECTORS | BY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One body and what it holds, as far as it is known.

    `parsed` is what it holds of one account. It is None in three cases: nothing could be read (then
    `rejects` has the reasons); the body holds only `fetches` or `notices`; the body is of several
    accounts, whose parts are in `slices`. `format` is empty if the body could not be read.
    `fault` describes an error of our own in a reader, without values, and is otherwise empty.
    `arrived` is the envelope of the received body where `envelope` is that of a slice.
    """

    message: Message
    envelope: Envelope
    body: bytes
    parsed: Parsed | None
    rejects: tuple[Reject, ...]
    fault: str = ""
    format: str = ""
    fetches: tuple[Fetch, ...] = ()
    notices: tuple[Notice, ...] = ()
    slices: tuple[Part, ...] = ()
    arrived: Envelope | None = None

    @property
    def dead(self) -> bool:
        """Return whether nothing of it could be read."""
        empty = self.parsed is None or not self.parsed.facts
        return bool(self.rejects) and empty and not self.read_elsewhere

    @property
    def read_elsewhere(self) -> bool:
        """Return whether it has no facts of its own: only fetches, notices or slices."""
        return self.parsed is None and bool(self.fetches or self.notices or self.slices)


async def read_all(messages: Sequence[Message], bodies: BodyStorage, reader: Reader) -> list[Read]:
    """Read the bodies of messages and return them in the same order.

    A small body is the value of its message. A large body is in the store, at its envelope's
    address, and gets a reader process of its own.
    """
    reads: list[Read] = []
    for message in messages:
        read = await received(message, bodies)
        reads.append(read)
    waiting = [read for read in reads if not read.rejects]
    small = [read for read in waiting if not read.envelope.address]
    # by identity: hashing or comparing a `Read` would go through its body
    answers = await reader.read(list(map(_body, small)))
    by_read = dict(zip(map(id, small), answers, strict=True))
    for read in waiting:
        if read.envelope.address:
            by_read[id(read)] = await reader.read_large(_body(read))
    return [_answered(read, by_read.get(id(read))) for read in reads]


def read_here(envelope: Envelope, body: bytes) -> Read:
    """Read one body in this process, without a log, a store or a budget of time and memory."""
    headers = tuple(envelope.headers())
    message = Message(topic=RAW.name, partition=0, offset=0, value=body, headers=headers)
    if _format_name(envelope) not in KNOWN:
        return _unread(message, envelope, b"", NO_FORMAT)
    unread = _unread(message, envelope, body)
    return _answered(unread, answer(_body(unread)))


def slice_of(read: Read, part: Part) -> Read:
    """Return a part of a body as a body of its own, with an envelope of its own.

    Its time of receipt is that of the received body, so links and consents are looked up for that
    time.
    """
    content = part.kept or b""
    envelope = replace(
        read.envelope,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        address="",
        part_of=read.envelope.sha256,
    )
    return replace(
        read,
        message=replace(read.message, headers=tuple(envelope.headers()), value=content),
        envelope=envelope,
        body=content,
        parsed=_parsed(part, ()),
        rejects=part.rejects,
        arrived=read.envelope,
        fetches=(),
        notices=(),
        slices=(),
    )


async def parse_body(envelope: Envelope, body: bytes, name: str) -> Parsed:
    """Return what today's parser reads in a body of the format `name`, for a replay.

    It parses in this process, a large body in a thread. Raises BodyError.
    """
    # The format that was decided at receipt counts: the name of a file is kept nowhere.
    read = partial(parse_as, name, body, envelope.context)
    return read() if len(body) <= INLINE else await asyncio.to_thread(read)


def attributed_facts(
    envelope: Envelope, parsed: Parsed, patient: str, zone: str, name: str
) -> list[AttributedFact]:
    """Return the facts of a body with its patient and source.

    `zone` is the patient's IANA zone. `name` is the body's format; its current version is recorded
    with each fact.
    """
    parser = version_of(name)
    facts: list[AttributedFact] = []
    for fact in parsed.facts:
        reported = attributed_fact(envelope, fact, patient, zone, parser)
        facts.append(reported)
    return facts


def attributed_fact(
    envelope: Envelope, fact: Fact, patient: str, zone: str, parser: int
) -> AttributedFact:
    """Return one fact of a body with its patient, its source and the version of its parser.

    `zone` is the patient's IANA zone.
    """
    return AttributedFact(
        patient=patient,
        connector=envelope.connector,
        received_ms=envelope.received_ms,
        body=envelope.sha256,
        fact=with_offset(fact, zone),
        parser=parser,
        stated_ms=envelope.first_stated_ms,
    )


def with_offset(fact: Fact, zone: str) -> Fact:
    """Return the fact with the UTC offset of the patient's zone where its source gave none."""
    # the source knows where its wearer was at that time, the patient's zone is only an assumption
    if fact.head.offset_min is not None:
        return fact
    minutes = zone_offset_min(fact.head.start_ms, zone)
    head = replace(fact.head, offset_min=minutes, offset_origin=OffsetOrigin.PATIENT_ZONE)
    return replace(fact, head=head)


async def received(message: Message, bodies: BodyStorage) -> Read:
    """Return a message with its envelope and body, before any reader has seen the body.

    It has a reject if the envelope or the body is missing, or if the format is unknown.
    """
    try:
        envelope = Envelope.read(message.headers)
    except (KeyError, ValueError):
        return _unread(message, NO_ENVELOPE, b"", NOT_AN_ENVELOPE)
    # checked before the body is fetched, so that an unknown format costs no access to the store
    if _format_name(envelope) not in KNOWN:
        return _unread(message, envelope, b"", NO_FORMAT)
    # what does not open is kept nowhere: no key that is left would ever open it
    if envelope.sealed:
        return _unread(message, envelope, b"", NOT_OPENED)
    # a message that names a stored body has a value only once its seal was opened
    if message.value or not envelope.address:
        return _unread(message, envelope, message.value)
    kept = await _kept(bodies, envelope.address)
    return (
        _unread(message, envelope, b"", NO_BODY)
        if kept is None
        else _unread(message, envelope, kept)
    )


async def _kept(bodies: BodyStorage, address: str) -> bytes | None:
    try:
        return await bodies.get(address)
    except ValueError:  # the store never issued this address
        return None


def _body(read: Read) -> BodyToRead:
    return BodyToRead(
        format=_format_name(read.envelope), context=read.envelope.context, content=read.body
    )


def _format_name(envelope: Envelope) -> str:
    """Return the format that the envelope names, or else the connector's own format."""
    return envelope.format or envelope.connector


def _answered(read: Read, answer: ReaderAnswer | None) -> Read:
    # None for a body that was refused before any reader saw it
    if answer is None:
        return read
    if isinstance(answer, Refusal):
        return replace(read, rejects=(answer.reject, *answer.more), fault=answer.fault)
    rest = replace(read, format=answer.format, fetches=answer.fetches, notices=answer.notices)
    if len(answer.parts) > 1:
        return _divided(rest, answer)
    if not answer.parts:
        # a body that was read but holds nothing is no unreadable body: it is kept like any other
        requested = read.envelope.requested
        empty = Parsed(account=requested.account if requested else "", facts=())
        nothing = not (answer.fetches or answer.notices)
        return replace(rest, parsed=empty if nothing else None, rejects=answer.rejects)
    return _of_single_account(rest, answer)


def _of_single_account(read: Read, answer: Holdings) -> Read:
    """Return a body of one account; if its reader cut a slice for it, the slice is the body."""
    (part,) = answer.parts
    requested = read.envelope.requested
    if requested is not None:
        # we know whom we asked about, and nothing in an answer may name anybody else
        part = replace(part, account=requested.account)
    if part.kept is None:
        parsed = _parsed(part, answer.rejects)
        return replace(read, parsed=parsed, rejects=parsed.rejects)
    own = slice_of(read, part)
    rejects = (*part.rejects, *answer.rejects)
    return replace(own, fetches=read.fetches, notices=read.notices, rejects=rejects)


def _divided(read: Read, answer: Holdings) -> Read:
    """Return a body of several accounts with its slices, or refuse it if it was not divided.

    A slice that holds several accounts is refused too. Otherwise it would be divided for ever.
    """
    if read.envelope.part_of or any(part.kept is None for part in answer.parts):
        return replace(read, rejects=(NOT_DIVIDED,), fetches=(), notices=())
    return replace(read, slices=answer.parts, rejects=answer.rejects)


def _parsed(part: Part, more: tuple[Reject, ...]) -> Parsed:
    return Parsed(
        account=part.account,
        facts=part.facts,
        rejects=(*part.rejects, *more),
        complete=part.complete,
    )


def _unread(message: Message, envelope: Envelope, body: bytes, *rejects: Reject) -> Read:
    return Read(message=message, envelope=envelope, body=body, parsed=None, rejects=rejects)
