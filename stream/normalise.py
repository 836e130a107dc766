"""Bodies become facts: account to patient, consent at the time of receipt, parser, `kadens.facts`.

One transaction a batch. Facts and dead letters are on the log before it commits and before anything is acknowledged;
what a crash repeats is the same facts again, which the writer recognises. Binding: no consent, no fact and no dead
letter, and the same for a body that came by a revoked link token; a body of an account that nobody is linked to waits
sealed in quarantine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model.codec import encode_told, kind_of
from ..model.facts import Reject
from ..parsers.table import version
from ..storage import link_tokens, people, quarantine
from ..storage.bodies import BodyKey, Received, keep_all
from ..storage.linked import release_linked
from ..storage.pool import Connection
from .dead import dead_letter
from .messages import Message, Outgoing, Run
from .parts import Parts
from .reading import Read, read, told_by
from .topics import FACTS, RAW

RELEASE = 20  # bodies read again in one transaction
NOBODY = Reject(where="headers", why="neither a patient nor an account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A body and the patient it belongs to; None when nobody is linked to its account."""

    read: Read
    patient: str | None


async def normalise_runs(batch: Sequence[Run], parts: Parts) -> None:
    """Read, settle and send on a batch; raises `HoleError` and what the log and database raise."""
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, batch)
        parts.metrics.replayed.labels(RAW.name).inc(sum(len(run.messages) for run in batch) - len(fresh))
        await _settle(conn, [await read(one, parts.bodies) for one in fresh], parts)


async def release_quarantine(parts: Parts) -> int:
    """Read again what was released because its account is linked now; return how many bodies."""
    async with parts.pool.connection() as conn:
        held = await quarantine.take_released(conn, parts.wrapping_key, RELEASE)
        await _settle(conn, [await read(_message(one), parts.bodies) for one in held], parts)
    return len(held)


async def expire_quarantine(parts: Parts) -> int:
    """Remove what nobody claimed in time; return how many bodies. What is claimed by now is released before."""
    async with parts.pool.connection() as conn:
        await release_linked(conn, parts.now())
        gone = await quarantine.expire(conn, parts.now())
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
    out: list[Outgoing] = []
    for place, one in enumerate(owned):
        outcome, sent = await _one(conn, one, zones, parts, kept=kept if place in allowed else None)
        out += sent
        parts.metrics.bodies.labels(one.read.envelope.connector, outcome).inc()
    await parts.producer.send_all(out)


async def _one(
    conn: Connection, one: Owned, zones: Mapping[str, str], parts: Parts, *, kept: Mapping[BodyKey, int] | None
) -> tuple[str, list[Outgoing]]:
    """Return what becomes of one body, and what is sent on; `kept` is None without consent."""
    said, patient = one.read, one.patient
    if said.parsed is None:
        return ("no_consent", []) if patient and kept is None else ("unreadable", _letters(said, parts))
    if patient is None and not said.parsed.account:
        return "nobody", [dead_letter(said.message, [NOBODY])]
    if patient is None:
        await quarantine.hold(conn, parts.wrapping_key, _held(said, said.parsed.account), said.envelope.received_ms)
        return "quarantined", []
    if kept is None or patient not in zones:
        return "no_consent", []
    if kept[patient, said.envelope.sha256] != version(said.envelope.connector):
        return "read_before", []  # by another version of its parser: `kadens replay` puts the new reading in place
    return "stored", [*_facts(said, patient, zones[patient], parts), *_letters(said, parts)]


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


def _facts(said: Read, patient: str, zone: str, parts: Parts) -> list[Outgoing]:
    told = told_by(said.envelope, said.parsed, patient, zone) if said.parsed else []
    for one in told:
        parts.metrics.facts.labels(kind_of(one.fact)).inc()
    return [Outgoing(topic=FACTS.name, key=patient.encode(), value=encode_told(one)) for one in told]


def _letters(said: Read, parts: Parts) -> list[Outgoing]:
    if not said.rejects:
        return []
    for one in said.rejects:
        parts.metrics.rejects.labels(said.envelope.connector, one.why).inc()
    parts.metrics.dead.labels(said.message.topic).inc()
    return [dead_letter(said.message, said.rejects)]


def _held(said: Read, account: str) -> quarantine.Held:
    message = said.message
    return quarantine.Held(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        vendor=said.envelope.connector,
        account=account,
        headers={name: value.decode() for name, value in message.headers},
        body=message.value,
    )


def _message(held: quarantine.Held) -> Message:
    headers: Iterable[tuple[str, bytes]] = ((name, value.encode()) for name, value in held.headers.items())
    return Message(
        topic=held.topic, partition=held.partition, offset=held.offset, value=held.body, headers=tuple(headers)
    )
