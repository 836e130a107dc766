"""Bodies become facts: account to patient, consent at the time of receipt, parser, `kadens.facts`.

One transaction a batch. Facts and dead letters are on the log before it commits and before anything is acknowledged;
what a crash repeats is the same facts again, which the writer recognises. Binding: no consent, no fact and no dead
letter; a body of an account that nobody is linked to waits sealed in quarantine. However a body is settled, no copy in
clear is left in the store (`settled`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model.codec import encode_told, kind_of
from ..model.facts import Reject, RejectKind
from ..parsers.table import version
from ..storage import caps, people, quarantine
from ..storage.bodies import BodyKey, Received, keep_all
from ..storage.linked import release_linked
from ..storage.pool import Connection
from . import settled
from .bury import bury
from .dead import Letter
from .messages import Message, Outgoing, Run
from .parts import Parts
from .reading import Read, read, told_by
from .resend import Again, resend
from .topics import FACTS, RAW

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
    """What becomes of one body: a word for the metrics, what is sent on, and the letters about it."""

    word: str
    sent: Sequence[Outgoing] = ()
    letters: Sequence[Letter] = ()


async def normalise_runs(batch: Sequence[Run], parts: Parts) -> None:
    """Read, settle and send on a batch; raises `HoleError` and what the log and database raise."""
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, batch)
        parts.metrics.replayed.labels(RAW.name).inc(sum(len(run.messages) for run in batch) - len(fresh))
        reads = [await read(one, parts.bodies) for one in fresh]
        await _settle(conn, reads, parts)
        files = await settled.let_go(conn, [one.envelope for one in reads])
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


async def _settle(conn: Connection, reads: Sequence[Read], parts: Parts) -> None:
    """Decide over each body, write what stays here, and send on facts and dead letters."""
    if not reads:
        return
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
        parts.metrics.bodies.labels(one.read.envelope.connector, outcome.word).inc()
    await parts.producer.send_all([one for outcome in outcomes for one in outcome.sent])
    await bury(conn, parts, [one for outcome in outcomes for one in outcome.letters])


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
    return Outcome(word="stored", sent=_facts(said, patient, zones[patient], parts), letters=partly)


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
    """Return the places of the bodies that a consent covered when they were received."""
    asked = [(n, one.patient, one.read.envelope) for n, one in enumerate(owned) if one.patient]
    found = await people.consents(conn, [(patient, e.connector, e.received_ms) for _, patient, e in asked])
    return {asked[place][0] for place in found}


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


def _facts(said: Read, patient: str, zone: str, parts: Parts) -> list[Outgoing]:
    told = told_by(said.envelope, said.parsed, patient, zone) if said.parsed else []
    for one in told:
        parts.metrics.facts.labels(kind_of(one.fact)).inc()
    return [Outgoing(topic=FACTS.name, key=patient.encode(), value=encode_told(one)) for one in told]


def _again(held: quarantine.Held, body: bytes) -> Again:
    message = _message(held)
    return Again(topic=RAW.name, key=held.headers["sha256"].encode(), headers=message.headers, body=body)


def _message(held: quarantine.Held) -> Message:
    headers = tuple((name, value.encode()) for name, value in held.headers.items())
    return Message(topic=held.topic, partition=held.partition, offset=held.offset, value=b"", headers=headers)
