"""Bodies become facts: account to patient, consent at the time of receipt, parser, `kadens.facts`.

One transaction a batch. Facts and dead letters are on the log before it commits and before anything is acknowledged;
what a crash repeats is the same facts again, which the writer recognises. Binding: no consent, no fact and no dead
letter, and the same for a body that came by a revoked link token; a body of an account that nobody is linked to waits
sealed in quarantine. However a body is settled, no copy in clear is left in the store (`settled`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model.codec import encode_told, kind_of
from ..model.facts import Reject, RejectKind
from ..parsers.table import version
from ..storage import caps, link_tokens, people, quarantine
from ..storage.bodies import BodyKey, Received, keep_all
from ..storage.linked import release_linked
from ..storage.pool import Connection
from . import settled
from .bury import bury
from .dead import Letter
from .faults import report
from .messages import Message, Outgoing, Run, portions
from .parts import Parts
from .reading import NO_ENVELOPE, Read, read_all, received, told_as
from .resend import Again, resend
from .topics import FACTS, FACTS_LARGE, RAW

RELEASE = 20  # bodies sent again in one transaction
NOBODY = Reject(where="headers", why="neither a patient nor an account", kind=RejectKind.ENVELOPE)
FULL = Reject(where="quarantine", why="no room is left for more of this sender today", kind=RejectKind.TOO_MUCH)
GONE = Reject(where="quarantine", why="the body is not there any more", kind=RejectKind.ENVELOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A body and the patient it belongs to; None when nobody is linked to its account."""

    read: Read
    patient: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one body: a word for the metrics, whose facts are sent on, and the letters about it."""

    word: str
    stored: Owned | None = None
    letters: Sequence[Letter] = ()


async def normalise_runs(batch: Sequence[Run], parts: Parts) -> None:
    """Read, settle and send on a batch; raises `HoleError` and what the log and database raise.

    Bodies are read before the transaction begins, so that no row is locked while a reader works.
    """
    topic, messages = batch[0].topic, [message for run in batch for message in run.messages]
    reads = {(r.message.partition, r.message.offset): r for r in await read_all(messages, parts.bodies, parts.reader)}
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, batch)
        parts.metrics.replayed.labels(topic).inc(len(messages) - len(fresh))
        files = await _settle(conn, [reads[one.partition, one.offset] for one in fresh], parts)
    if files:
        await settled.remove(parts)


async def set_aside(run: Run, reject: Reject, parts: Parts) -> None:
    """Make a dead letter of a body that cannot be worked on, a run of one message, unless it is done already."""
    unread = await received(run.messages[0], parts.bodies)
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, [run])
        files = await _settle(conn, [replace(unread, rejects=(reject,))] if fresh else [], parts)
    if files:
        await settled.remove(parts)


async def release_quarantine(parts: Parts) -> int:
    """Send again what was released because its account is linked now; return how many bodies."""
    async with parts.pool.connection() as conn:
        held = await quarantine.take_released(conn, parts.bodies, parts.wrapping_key, RELEASE)
        await resend(parts.producer, parts.bodies, [_again(one, one.body) for one in held if one.body is not None])
        await bury(conn, parts, [Letter(message=_message(one), rejects=[GONE]) for one in held if one.body is None])
    if held:
        await settled.remove(parts)
    return len(held)


async def expire_quarantine(parts: Parts) -> int:
    """Remove what nobody claimed in time; return how many bodies. What is claimed by now is released before."""
    async with parts.pool.connection() as conn:
        await release_linked(conn, parts.now())
        gone = await quarantine.expire(conn, parts.now())
    if gone:
        await settled.remove(parts)
    parts.metrics.bodies.labels("", "expired").inc(gone)
    return gone


async def _settle(conn: Connection, reads: Sequence[Read], parts: Parts) -> bool:
    """Decide over each body, write what stays here, and send on facts and dead letters.

    Tells whether files are left that nothing names after the commit.
    """
    if not reads:
        return False
    owned = await _owners(conn, reads)
    zones = await people.held(conn, {one.patient for one in owned if one.patient})
    allowed = await _allowed(conn, owned)
    kept = await _keep(conn, [one for place, one in enumerate(owned) if place in allowed], zones, parts)
    room = await quarantine.room(conn, [_account(one) for one in owned if one.patient is None and one.read.parsed])
    outcomes = [
        await _one(conn, one, zones, parts, kept=kept if place in allowed else None, room=room)
        for place, one in enumerate(owned)
    ]
    for one, outcome in zip(owned, outcomes, strict=True):
        _tell(one.read, outcome, parts)
    for portion in portions(_facts([o.stored for o in outcomes if o.stored], zones, parts)):
        await parts.producer.send_all(portion)
    await bury(conn, parts, [one for outcome in outcomes for one in outcome.letters])
    return await settled.let_go(conn, [one.envelope for one in reads])


def _tell(read: Read, outcome: Outcome, parts: Parts) -> None:
    """Count what became of a body, and log an error of our own."""
    connector = "" if read.envelope is NO_ENVELOPE else read.envelope.connector
    parts.metrics.bodies.labels(connector, outcome.word).inc()
    if read.fault:
        where = f"{read.message.topic}[{read.message.partition}] offset {read.message.offset}"
        report(parts.metrics, where, read.fault)


async def _one(
    conn: Connection,
    one: Owned,
    zones: Mapping[str, str],
    parts: Parts,
    *,
    kept: Mapping[BodyKey, int] | None,
    room: caps.Room,
) -> Outcome:
    """Return what becomes of one body; `kept` is None without consent."""
    said, patient = one.read, one.patient
    if said.parsed is None:
        unread = Letter(message=said.message, rejects=said.rejects, patient=patient, body=said.body or None)
        return Outcome(word="no_consent") if patient and kept is None else Outcome(word="unreadable", letters=[unread])
    if patient is None and not said.parsed.account:
        return Outcome(word="nobody", letters=[Letter(message=said.message, rejects=[NOBODY], body=said.body)])
    if patient is None:
        return await _held(conn, one, parts, room)
    if kept is None or patient not in zones:
        return Outcome(word="no_consent")
    if kept[patient, said.envelope.sha256] != version(said.envelope.connector):
        return Outcome(word="read_before")  # by another version of its parser: `kadens replay` reads it again
    partly = [Letter(message=said.message, rejects=said.rejects, patient=patient)] if said.rejects else []
    return Outcome(word="stored", stored=one, letters=partly)


async def _held(conn: Connection, one: Owned, parts: Parts, room: caps.Room) -> Outcome:
    """Put a body of an account that nobody is linked to into quarantine, as long as its sender has room there."""
    said, (vendor, account) = one.read, _account(one)
    if not quarantine.fits(room, vendor, account, len(said.body)):
        return Outcome(word="no_room", letters=[Letter(message=said.message, rejects=[FULL])])
    message = said.message
    held = quarantine.Held(
        cluster=parts.ledger.cluster,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        vendor=vendor,
        account=account,
        headers={name: value.decode() for name, value in message.headers},
        body=said.body,
    )
    await quarantine.hold(conn, parts.bodies, parts.wrapping_key, held, said.envelope.received_ms)
    return Outcome(word="quarantined")


def _account(one: Owned) -> tuple[str, str]:
    return one.read.envelope.connector, one.read.parsed.account if one.read.parsed else ""


async def _owners(conn: Connection, reads: Sequence[Read]) -> list[Owned]:
    """Name the patient of each body: the envelope's (a link token named one), else the account's at its receipt."""
    asked = [
        (place, (one.envelope.connector, one.parsed.account, one.envelope.received_ms))
        for place, one in enumerate(reads)
        if one.parsed is not None and one.parsed.account and not one.envelope.patient
    ]
    found = await people.owners(conn, [account for _, account in asked]) if asked else {}
    linked = {asked[n][0]: patient for n, patient in found.items()}
    return [Owned(read=one, patient=one.envelope.patient or linked.get(place)) for place, one in enumerate(reads)]


async def _allowed(conn: Connection, owned: Sequence[Owned]) -> set[int]:
    """Return the places of the bodies that a consent covered when they were received, by a link that still held."""
    asked = [(n, one.patient, one.read.envelope) for n, one in enumerate(owned) if one.patient]
    found = await people.consents(conn, [(patient, e.connector, e.received_ms) for _, patient, e in asked])
    return {asked[place][0] for place in found} - await _revoked(conn, owned)


async def _revoked(conn: Connection, owned: Sequence[Owned]) -> set[int]:
    """Return the places of the bodies whose link token was revoked before they were received: a door knew it late."""
    linked = [(n, one.read.envelope) for n, one in enumerate(owned) if one.read.envelope.link]
    if not linked:
        return set()
    asked = [(bytes.fromhex(said.link), said.received_ms) for _, said in linked]
    return {linked[place][0] for place in await link_tokens.revoked_at(conn, asked)}


async def _keep(
    conn: Connection, allowed: Sequence[Owned], zones: Mapping[str, str], parts: Parts
) -> Mapping[BodyKey, int]:
    """Keep the bodies that could be read, sealed with their patients' own keys, for a better parser to read again."""
    received = [
        Received(patient=one.patient, envelope=said.envelope, body=said.body, parser=version(said.envelope.connector))
        for one in allowed
        if (said := one.read).parsed is not None and one.patient is not None and one.patient in zones
    ]
    return await keep_all(conn, parts.bodies, parts.wrapping_key, received)


def _facts(stored: Iterable[Owned], zones: Mapping[str, str], parts: Parts) -> Iterator[Outgoing]:
    """Return the facts of bodies as messages, one after the other: those of a large body are not in memory at once."""
    for one in stored:
        said, patient = one.read, one.patient
        if said.parsed is None or patient is None:
            continue
        parser = version(said.envelope.connector)
        topic = (FACTS_LARGE if said.envelope.address else FACTS).name
        for fact in said.parsed.facts:
            parts.metrics.facts.labels(kind_of(fact)).inc()
            told = told_as(said.envelope, fact, patient, zones[patient], parser)
            yield Outgoing(topic=topic, key=patient.encode(), value=encode_told(told))


def _again(held: quarantine.Held, body: bytes) -> Again:
    message = _message(held)
    return Again(topic=RAW.name, key=held.headers["sha256"].encode(), headers=message.headers, body=body)


def _message(held: quarantine.Held) -> Message:
    headers = tuple((name, value.encode()) for name, value in held.headers.items())
    return Message(topic=held.topic, partition=held.partition, offset=held.offset, value=b"", headers=headers)
