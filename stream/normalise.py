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
from dataclasses import replace
from itertools import chain

from model.codec import encode_attributed, kind_of
from model.envelope import INLINE
from model.facts import Reject
from model.topics import FACTS, FACTS_LARGE
from parsers.formats import version_of
from storage.bodies import quarantine
from storage.people import patients
from storage.people.unconsented import count_unconsented
from storage.pg.pool import Connection
from stream import settled_files
from stream.collaborators import Collaborators
from stream.dead.bury import bury
from stream.intake.opened_bodies import opened_messages
from stream.intake.outcomes import UNCONSENTED, Outcome, count_outcome, keep_bodies, outcome_of
from stream.intake.owners import Owned, account_of, allowed_positions, owners_of, patients_in
from stream.intake.requests import divide_bodies, record_requests
from stream.log.messages import Outgoing, Run, messages_of, portions
from stream.reading import Read, attributed_fact, read_all, received


async def normalise_runs(batch: Sequence[Run], parts: Collaborators) -> None:
    """Read, settle and send on a batch; raises `HoleError` and what the log and database raise.

    Bodies are read before the transaction begins, so that no row is locked while a reader works.
    """
    topic = batch[0].topic
    messages = await opened_messages(messages_of(batch), parts)
    reads: dict[tuple[str, int, int], Read] = {}
    for read in await read_all(messages, parts.bodies, parts.reader):
        reads[read.message.location] = read
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, batch)
        parts.metrics.replayed.labels(topic).inc(len(messages) - len(fresh))
        files = await _settle(conn, [reads[item.location] for item in fresh], parts)
    # only after the commit: a batch that is rolled back is read again, and needs its files
    if files:
        await settled_files.remove_files(parts)


async def set_body_aside(run: Run, reject: Reject, parts: Collaborators) -> None:
    """Make a dead letter of a body that cannot be worked on.

    `run` holds this one message. If the ledger shows it as finished, nothing happens.
    """
    (message,) = await opened_messages(run.messages[:1], parts)
    unread = await received(message, parts.bodies)
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, [run])
        files = await _settle(conn, [replace(unread, rejects=(reject,))] if fresh else [], parts)
    if files:
        await settled_files.remove_files(parts)


async def _settle(conn: Connection, reads: Sequence[Read], parts: Collaborators) -> bool:
    """Decide about each body, write what stays here, and send on facts and dead letters.

    Returns whether there are files to remove after the commit, because nothing names them any more.
    """
    if not reads:
        return False
    divided = [read for read in reads if read.slices]
    owned = await owners_of(conn, [read for read in reads if not read.read_elsewhere])
    # patients are held before consents are looked up: none can be erased between the two
    zones = await patients.hold_patients(conn, patients_in(owned))
    allowed = await allowed_positions(conn, owned)
    kept = await keep_bodies(conn, [owned[position] for position in sorted(allowed)], zones, parts)
    # quarantine is bounded by sender: the room is looked up once, and each body takes its share
    waiting = [entry for entry in owned if entry.patient is None and entry.read.parsed]
    room = await quarantine.quarantine_room(conn, list(map(account_of, waiting)))
    outcomes: list[Outcome] = []
    for position, entry in enumerate(owned):
        own = kept if position in allowed else None
        outcomes.append(await outcome_of(conn, entry, zones, parts, kept=own, room=room))
        count_outcome(entry.read, outcomes[-1], parts)
    await count_unconsented(conn, list(_dropped(owned, outcomes)))
    # on the log before the commit: a crash in between repeats facts, and loses none
    stored = [outcome.stored for outcome in outcomes if outcome.stored is not None]
    for portion in portions(_facts(stored, zones, parts)):
        await parts.producer.send_all(portion)
    asking = [read for read in reads if read.fetches or read.notices]
    letters = [
        *chain.from_iterable(outcome.letters for outcome in outcomes),
        *await divide_bodies(conn, divided, parts),
        *await record_requests(conn, asking, parts),
    ]
    await bury(conn, parts, letters)
    # a slice has no file of its own: what may be removed is the file of the body that arrived
    return await settled_files.let_go(conn, [read.arrived or read.envelope for read in reads])


def _dropped(owned: Iterable[Owned], outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str, int]]:
    """Yield patient, connector and time of receipt of each body that no consent covers."""
    for entry, outcome in zip(owned, outcomes, strict=True):
        if outcome.word == UNCONSENTED and entry.patient:
            envelope = entry.read.envelope
            yield entry.patient, envelope.connector, envelope.received_ms


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
            reported = attributed_fact(result.envelope, fact, patient, zones[patient], parser)
            yield Outgoing(topic=topic, key=patient.encode(), value=encode_attributed(reported))
