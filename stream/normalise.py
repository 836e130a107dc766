"""Turns received bodies into facts on `kadens.facts`, for patients who consented.

Each batch is one transaction. Facts and dead letters are on the log before it commits and before
anything is acknowledged. After a crash the same facts are sent again, and the writer recognises
them.

These rules are binding:

- Without a consent at the time of receipt there is no fact and no dead letter. The same holds for
  a body that came by a revoked link token.
- A body of an account that is linked to no patient waits in quarantine, sealed.
- A body of several accounts is divided. Each slice goes back on the log as a body of its own.
- However a body is settled, no copy in clear is left in the store (`settled`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from model.codec import encode_attributed, kind_of
from model.envelope import INLINE
from model.facts import Parsed, Reject, RejectKind
from model.received import Fetch, Notice
from model.topics import FACTS, FACTS_LARGE, RAW
from parsers.formats import version_of
from storage.bodies import caps, quarantine
from storage.bodies.kept_bodies import BodyKey, FirstKept, Received, keep_all
from storage.people import accounts, consents, link_tokens, patients
from storage.people.fetches import (
    NoticedFetch,
    PatientNotice,
    claim_fetches,
    put_fetches,
    put_notices,
)
from storage.people.quarantine_release import release_linked
from storage.pg.pool import Connection
from stream import settled
from stream.collaborators import Collaborators
from stream.dead.bury import bury
from stream.dead.letters import RefusedMessage
from stream.dead.resend import Resent, resend
from stream.faults import report_fault
from stream.log.messages import Message, Outgoing, Run, messages_of, portions
from stream.reading import NO_ENVELOPE, Read, read_all, received, reported_as, slice_of

# bodies sent again in one transaction: all of them are in memory at once
RELEASE = 20
_NOBODY = Reject(where="headers", why="neither a patient nor an account", kind=RejectKind.ENVELOPE)
FULL = Reject(
    where="quarantine",
    why="no room is left for more of this sender today",
    kind=RejectKind.TOO_MUCH,
)
_GONE = Reject(where="quarantine", why="the body is not there any more", kind=RejectKind.ENVELOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A body and its patient, None when its account is linked to no patient."""

    read: Read
    patient: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one body.

    `word` labels the outcome in the metrics. `stored` is the body whose facts are sent on, None
    when there are none to send. `letters` are the dead letters about it.
    """

    word: str
    stored: Owned | None = None
    letters: Sequence[RefusedMessage] = ()


async def normalise_runs(batch: Sequence[Run], parts: Collaborators) -> None:
    """Read, settle and send on a batch; raises `HoleError` and what the log and database raise.

    Bodies are read before the transaction begins, so that no row is locked while a reader works.
    """
    topic, messages = batch[0].topic, messages_of(batch)
    reads: dict[tuple[str, int, int], Read] = {}
    for read in await read_all(messages, parts.bodies, parts.reader):
        reads[read.message.location] = read
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, batch)
        parts.metrics.replayed.labels(topic).inc(len(messages) - len(fresh))
        files = await _settle(conn, [reads[item.location] for item in fresh], parts)
    # only after the commit: a batch that is rolled back is read again, and needs its files
    if files:
        await settled.remove_files(parts)


async def set_body_aside(run: Run, reject: Reject, parts: Collaborators) -> None:
    """Make a dead letter of a body that cannot be worked on.

    `run` holds this one message. If the ledger shows it as finished, nothing happens.
    """
    unread = await received(run.messages[0], parts.bodies)
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, [run])
        files = await _settle(conn, [replace(unread, rejects=(reject,))] if fresh else [], parts)
    if files:
        await settled.remove_files(parts)


async def release_quarantine(parts: Collaborators) -> int:
    """Send bodies again whose account is linked to a patient by now; return how many."""
    async with parts.pool.connection() as conn:
        held = await quarantine.take_released(conn, parts.bodies, parts.wrapping_key, RELEASE)
        again: list[Resent] = []
        gone: list[RefusedMessage] = []
        for item in held:
            # a body whose file is gone cannot be sent, and a letter records that it was there
            if item.body is None:
                gone.append(RefusedMessage(message=_message(item), rejects=[_GONE]))
            else:
                again.append(_again(item, item.body))
        await resend(parts.producer, parts.bodies, again)
        await bury(conn, parts, gone)
    if held:
        await settled.remove_files(parts)
    return len(held)


async def expire_quarantine(parts: Collaborators) -> int:
    """Remove bodies and fetches that were not claimed in time; return how many.

    Those of accounts that are linked by now are released first.
    """
    async with parts.pool.connection() as conn:
        # fetches first: they hold patients, which are locked before quarantine is
        gone = await claim_fetches(conn, parts.now())
        await release_linked(conn, parts.now())
        gone += await quarantine.expire_quarantined(conn, parts.now())
    if gone:
        await settled.remove_files(parts)
    parts.metrics.bodies.labels("", "expired").inc(gone)
    return gone


async def _settle(conn: Connection, reads: Sequence[Read], parts: Collaborators) -> bool:
    """Decide about each body, write what stays here, and send on facts and dead letters.

    Returns whether there are files to remove after the commit, because nothing names them any more.
    """
    if not reads:
        return False
    divided = [read for read in reads if read.slices]
    owned = await _owners(conn, [read for read in reads if not read.read_elsewhere])
    # patients are held before consents are looked up: none can be erased between the two
    zones = await patients.hold_patients(conn, _patients(owned))
    allowed = await _allowed(conn, owned)
    kept = await _keep(conn, [owned[position] for position in sorted(allowed)], zones, parts)
    # quarantine is bounded by sender: the room is looked up once, and each body takes its share
    waiting = [entry for entry in owned if entry.patient is None and entry.read.parsed]
    room = await quarantine.quarantine_room(conn, list(map(_account, waiting)))
    stored: list[Owned] = []
    letters: list[RefusedMessage] = []
    for position, entry in enumerate(owned):
        own = kept if position in allowed else None
        outcome = await _outcome_of(conn, entry, zones, parts, kept=own, room=room)
        _tell(entry.read, outcome, parts)
        letters += outcome.letters
        if outcome.stored is not None:
            stored.append(outcome.stored)
    # on the log before the commit: a crash in between repeats facts, and loses none
    for portion in portions(_facts(stored, zones, parts)):
        await parts.producer.send_all(portion)
    letters += await _divide(conn, divided, parts)
    letters += await _record(conn, [read for read in reads if read.fetches or read.notices], parts)
    await bury(conn, parts, letters)
    # a slice has no file of its own: what may be removed is the file of the body that arrived
    return await settled.let_go(conn, [read.arrived or read.envelope for read in reads])


async def _divide(
    conn: Connection, reads: Sequence[Read], parts: Collaborators
) -> list[RefusedMessage]:
    """Send each account's slice on as a body of its own; return letters about the rest.

    The rest is what has rejects but no account. Slices of patients who withdrew their consent are
    not sent, so that nothing of theirs is written again.
    """
    slices: list[Read] = []
    for read in reads:
        slices += map(partial(slice_of, read), read.slices)
    owned = await _owners(conn, slices)
    allowed = await _allowed(conn, owned)
    again = []
    for position, entry in enumerate(owned):
        if entry.patient is None or position in allowed:
            # once read, a slice whose account is linked to no patient goes into quarantine
            again.append(_sent_as_body(entry.read))
        else:
            _tell(entry.read, Outcome(word="no_consent"), parts)
    await resend(parts.producer, parts.bodies, again)
    for read in reads:
        _tell(read, Outcome(word="divided"), parts)
    return _letters_on_rejects(reads)


async def _record(
    conn: Connection, reads: Sequence[Read], parts: Collaborators
) -> list[RefusedMessage]:
    """Write the fetches and notices of bodies, as far as a consent covers them.

    A fetch of an account that is linked to no patient yet waits for a day. A notice of such an
    account is dropped.
    """
    asking = await _asking(conn, reads)
    allowed = await _allowed(conn, [owned for owned, _ in asking])
    fetches, notices = [], []
    for position, (owned, item) in enumerate(asking):
        patient, envelope = owned.patient, owned.read.envelope
        if patient is not None and position not in allowed:
            continue
        if isinstance(item, Fetch):
            fetches.append(
                NoticedFetch(
                    connector=envelope.connector,
                    fetch=item,
                    patient=patient,
                    noticed_ms=envelope.received_ms,
                )
            )
        elif patient is not None:
            notices.append(
                PatientNotice(
                    connector=envelope.connector,
                    notice=item,
                    patient=patient,
                    received_ms=envelope.received_ms,
                )
            )
    # fetches of unlinked accounts have little room, because anybody may announce them
    beyond = await put_fetches(conn, parts.wrapping_key, fetches)
    parts.metrics.bodies.labels("", "no_room").inc(beyond)
    await put_notices(conn, notices)
    return _noted(reads, parts)


async def _asking(conn: Connection, reads: Sequence[Read]) -> list[tuple[Owned, Fetch | Notice]]:
    """Return every fetch and notice that names an account, with its body and its patient."""
    items: list[tuple[Read, Fetch | Notice]] = []
    for read in reads:
        named: tuple[Fetch | Notice, ...] = (*read.fetches, *read.notices)
        for item in named:
            if item.account:
                # `_owners` looks up the account in `parsed`, so the item's account goes there
                account = Parsed(account=item.account, facts=())
                items.append((replace(read, parsed=account), item))
    owned = await _owners(conn, [read for read, _ in items])
    # held as in `_settle`: no patient can be erased before the consents are looked up
    await patients.hold_patients(conn, _patients(owned))
    return [(entry, item) for entry, (_, item) in zip(owned, items, strict=True)]


def _noted(reads: Sequence[Read], parts: Collaborators) -> list[RefusedMessage]:
    """Count bodies that hold only fetches or notices; return letters about their rejects."""
    alone = [read for read in reads if read.parsed is None and not read.slices]
    for read in alone:
        _tell(read, Outcome(word="noted"), parts)
    return _letters_on_rejects(alone)


def _letters_on_rejects(reads: Iterable[Read]) -> list[RefusedMessage]:
    """Return a letter for each body with rejects. It has no body: what was read of it is kept."""
    rejected = [read for read in reads if read.rejects]
    return [RefusedMessage(message=read.message, rejects=read.rejects) for read in rejected]


def _tell(read: Read, outcome: Outcome, parts: Collaborators) -> None:
    """Count what became of a body, and log an error of our own."""
    connector = "" if read.envelope is NO_ENVELOPE else read.envelope.connector
    parts.metrics.bodies.labels(connector, outcome.word).inc()
    if read.fault:
        message = read.message
        report_fault(
            parts.metrics,
            message.topic,
            read.fault,
            partition=message.partition,
            offset=message.offset,
        )


async def _outcome_of(
    conn: Connection,
    owned: Owned,
    zones: Mapping[str, str],
    parts: Collaborators,
    *,
    kept: Mapping[BodyKey, FirstKept] | None,
    room: caps.Room,
) -> Outcome:
    """Return what becomes of one body; `kept` is None without consent."""
    result, patient = owned.read, owned.patient
    if result.parsed is None:
        unread = RefusedMessage(
            message=result.message,
            rejects=result.rejects,
            patient=patient,
            body=result.body or None,
        )
        # without consent not even a dead letter may be written about a patient's body
        return (
            Outcome(word="no_consent")
            if patient and kept is None
            else Outcome(word="unreadable", letters=[unread])
        )
    if patient is None and not result.parsed.account:
        return Outcome(
            word="nobody",
            letters=[RefusedMessage(message=result.message, rejects=[_NOBODY], body=result.body)],
        )
    if patient is None:
        return await _held(conn, owned, parts, room)
    # a patient without a zone was erased, which counts like a missing consent
    if kept is None or patient not in zones:
        return Outcome(word="no_consent")
    first = kept[patient, result.envelope.sha256]
    if first.parser != version_of(result.format):
        # another version of the parser has read it before; `kadens replay` will read it again
        return Outcome(word="read_before")
    letters: list[RefusedMessage] = []
    if result.rejects:
        # a letter without the body, because a body that was read in part is kept with its patient
        partly = RefusedMessage(message=result.message, rejects=result.rejects, patient=patient)
        letters.append(partly)
    return Outcome(word="stored", stored=_as_first_received(owned, first), letters=letters)


def _as_first_received(owned: Owned, first: FirstKept) -> Owned:
    """Return a body with its first receipt: a redelivery is no later statement of the sender."""
    envelope = replace(
        owned.read.envelope, received_ms=first.received_ms, stated_ms=first.stated_ms
    )
    return replace(owned, read=replace(owned.read, envelope=envelope))


async def _held(conn: Connection, owned: Owned, parts: Collaborators, room: caps.Room) -> Outcome:
    """Put a body whose account is linked to no patient into quarantine, if its sender has room."""
    result, (vendor, account) = owned.read, _account(owned)
    # `fits` also takes the body's share of `room`, so it must be called only once for each body
    if not quarantine.body_fits(room, vendor, account, len(result.body)):
        return Outcome(
            word="no_room", letters=[RefusedMessage(message=result.message, rejects=[FULL])]
        )
    message = result.message
    held = quarantine.QuarantinedBody(
        cluster=parts.ledger.cluster,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        vendor=vendor,
        account=account,
        headers={name: value.decode() for name, value in message.headers},
        body=result.body,
    )
    await quarantine.hold_body(
        conn, parts.bodies, parts.wrapping_key, held, result.envelope.received_ms
    )
    return Outcome(word="quarantined")


def _patients(owned: Iterable[Owned]) -> set[str]:
    """Return the patients of bodies; a body of an unlinked account has none."""
    return {entry.patient for entry in owned if entry.patient}


def _account(owned: Owned) -> tuple[str, str]:
    return owned.read.envelope.connector, owned.read.parsed.account if owned.read.parsed else ""


async def _owners(conn: Connection, reads: Sequence[Read]) -> list[Owned]:
    """Name the patient of each body.

    A patient in the envelope (from a link token) comes first. Otherwise it is the patient to whom
    the account was linked when the body was received.
    """
    positions: list[int] = []
    requested: list[tuple[str, str, int]] = []
    for position, item in enumerate(reads):
        parsed, envelope = item.parsed, item.envelope
        # a link token names its patient itself, so no account is looked up for it
        if parsed is not None and parsed.account and not envelope.patient:
            positions.append(position)
            requested.append((envelope.connector, parsed.account, envelope.received_ms))
    matches = await accounts.owners(conn, requested) if requested else {}
    linked = {positions[index]: patient for index, patient in matches.items()}
    owned: list[Owned] = []
    for position, item in enumerate(reads):
        patient = item.envelope.patient or linked.get(position)
        owned.append(Owned(read=item, patient=patient))
    return owned


async def _allowed(conn: Connection, owned: Sequence[Owned]) -> set[int]:
    """Return the positions of the bodies that may be used.

    A consent covered them when they were received, and their link token was not revoked by then.
    """
    positions: list[int] = []
    receipts: list[tuple[str, str, int]] = []
    for position, entry in enumerate(owned):
        envelope = entry.read.envelope
        if entry.patient:
            positions.append(position)
            # the time of receipt, not of now: a later withdrawal does not undo what was allowed
            receipts.append((entry.patient, envelope.connector, envelope.received_ms))
    covered = await consents.covered(conn, receipts)
    return {positions[index] for index in covered} - await _revoked(conn, owned)


async def _revoked(conn: Connection, owned: Sequence[Owned]) -> set[int]:
    """Return the positions of the bodies whose link token was revoked before they were received.

    A vendor door may accept such a body, because it learns of a revocation with a delay.
    """
    positions: list[int] = []
    receipts: list[tuple[bytes, int]] = []
    for position, entry in enumerate(owned):
        envelope = entry.read.envelope
        if envelope.link:
            positions.append(position)
            receipts.append((bytes.fromhex(envelope.link), envelope.received_ms))
    # a batch without a link token needs no query
    revoked = await link_tokens.revoked_at(conn, receipts) if receipts else set()
    return {positions[index] for index in revoked}


async def _keep(
    conn: Connection, allowed: Sequence[Owned], zones: Mapping[str, str], parts: Collaborators
) -> Mapping[BodyKey, FirstKept]:
    """Keep the bodies that could be read, sealed with their patients' data keys.

    A later version of the parser can then read them again. Returns, for each body, its first
    receipt and the version of the parser by which it counts as read.
    """
    bodies: list[Received] = []
    for entry in allowed:
        read, patient = entry.read, entry.patient
        # a patient without a zone was erased, and nothing of theirs may be kept
        if read.parsed is None or patient is None or patient not in zones:
            continue
        body = Received(
            patient=patient,
            envelope=read.envelope,
            body=read.body,
            format=read.format,
            parser=version_of(read.format),
        )
        bodies.append(body)
    return await keep_all(conn, parts.bodies, parts.wrapping_key, bodies)


def _facts(
    stored: Iterable[Owned], zones: Mapping[str, str], parts: Collaborators
) -> Iterator[Outgoing]:
    """Yield the facts of bodies as messages, one by one.

    The facts of a large body are read from its file as they are sent, never all in memory at once.
    """
    for item in stored:
        result, patient = item.read, item.patient
        if result.parsed is None or patient is None:
            continue
        parser = version_of(result.format)
        # a topic of their own, so that the many facts of a large body delay no small one
        topic = (FACTS_LARGE if len(result.body) > INLINE else FACTS).name
        # keyed by patient: all facts of a patient are in one partition, and keep their order
        for fact in result.parsed.facts:
            parts.metrics.facts.labels(kind_of(fact)).inc()
            reported = reported_as(result.envelope, fact, patient, zones[patient], parser)
            yield Outgoing(topic=topic, key=patient.encode(), value=encode_attributed(reported))


def _sent_as_body(read: Read) -> Resent:
    sha256 = read.envelope.sha256.encode()
    return Resent(topic=RAW.name, key=sha256, headers=read.message.headers, body=read.body)


def _again(held: quarantine.QuarantinedBody, body: bytes) -> Resent:
    message = _message(held)
    return Resent(
        topic=RAW.name, key=held.headers["sha256"].encode(), headers=message.headers, body=body
    )


def _message(held: quarantine.QuarantinedBody) -> Message:
    headers = tuple((name, value.encode()) for name, value in held.headers.items())
    return Message(
        topic=held.topic, partition=held.partition, offset=held.offset, value=b"", headers=headers
    )
