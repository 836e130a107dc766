"""Writes facts to the database and derives anew what they change.

One transaction covers a batch: the offset ledger, the facts, the sessions, days and weeks of every
affected patient, the table `due` and the outbox. After a crash the ledger skips what is repeated,
or the writer recognises it. Facts of a patient who was erased meanwhile are dropped, without a dead
letter. `kadens.derived` gets its events from the outbox after the commit, so it never announces a
change that did not happen.
"""

from collections.abc import Mapping, Sequence

from model.codec import SCHEMA_VERSION, decode_attributed, dumps, plain
from model.derived.changes import DerivedChange
from model.facts import AttributedFact, Reject, RejectKind
from model.spans import Span
from model.topics import DERIVED, FACTS
from storage.alerts import outbox, to_judge
from storage.facts.marking import FACTS_CHANNEL
from storage.facts.writer import UNKNOWN, Written, put_facts
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.dead.bury import bury
from stream.dead.letters import RefusedMessage
from stream.deriving.batches import derive_written
from stream.log.messages import Message, Outgoing, Run, messages_of

DERIVED_CHANNEL = "derived"
# How long a judgement waits for more samples: a watch sends what it has as many bodies, one after
# the other, and no rule needs an answer to samples alone within the same minute.
CALM_MS = 20_000
SEND = 500  # outbox rows sent in one transaction
# what decoding raises for JSON that is not a fact
OTHER_SHAPE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
)
UNREAD = Reject(where="value", why="not a fact of this version", kind=RejectKind.UNKNOWN)


async def derive_runs(batch: Sequence[Run], parts: Collaborators) -> None:
    """Store a batch of facts and derive from them.

    Raises `HoleError`, `DeadFloodError` and what the log and the database raise.
    """
    async with parts.pool.connection() as conn:
        fresh = await parts.ledger.claim(conn, batch)
        repeated = len(messages_of(batch)) - len(fresh)
        parts.metrics.replayed.labels(batch[0].topic).inc(repeated)
        if fresh:
            await _apply(conn, fresh, parts)
    await send_changes(parts)


async def set_fact_aside(run: Run, reject: Reject, parts: Collaborators) -> None:
    """Make a dead letter of a fact that cannot be worked on.

    `run` holds this one message. If the ledger shows it as finished, nothing happens.
    """
    async with parts.pool.connection() as conn:
        letters = [_letter(message, reject) for message in await parts.ledger.claim(conn, [run])]
        # counted like the refusals of a whole batch: a program that sets all aside must stop too
        parts.limit.check(dead=_patients(letters), good=())
        await bury(conn, parts, letters)


async def send_changes(parts: Collaborators) -> int:
    """Send the events that wait in the outbox for `kadens.derived`; return how many."""
    return await _send_waiting(parts, DERIVED_CHANNEL, DERIVED.name)


async def send_marks(parts: Collaborators) -> int:
    """Send the marks that clinicians set, which wait in the outbox, to `kadens.facts`."""
    return await _send_waiting(parts, FACTS_CHANNEL, FACTS.name)


async def _send_waiting(parts: Collaborators, channel: str, topic: str) -> int:
    async with parts.pool.connection() as conn:
        rows = await outbox.take_messages(conn, channel, parts.now(), SEND)
        # on the log before the rows count as sent: a crash in between repeats a message, which
        # wakes the judge once more, or states what is stored already
        messages = [_of_row(row, topic) for row in rows]
        await parts.producer.send_all(messages)
        await outbox.sent(conn, [row.id for row in rows], parts.now())
    return len(rows)


async def _apply(conn: Connection, messages: Sequence[Message], parts: Collaborators) -> None:
    reported, letters = _decode(messages)
    written = await put_facts(conn, [item for _, item in reported])
    derived = await derive_written(conn, written)
    # a patient whom the database does not know was erased: nothing of theirs may be kept
    erased = 0
    for no in written.refused:
        if no.why == UNKNOWN:
            erased += 1
        else:
            letters.append(_refused(*reported[no.index], no.why))
    # checked before anything is sent: its error rolls the transaction back
    parts.limit.check(dead=_patients(letters), good=_written_patients(reported, written))
    if written.affected:
        first = messages[0]
        # the key names the batch by its first message, so two batches never share a key
        position = f"{parts.ledger.name(first.topic)}/{first.partition}/{first.offset}"
        events: list[tuple[str, str, Mapping[str, object]]] = []
        for patient, changes in derived.changes.items():
            events.append((f"{position}/{patient}", patient, event(patient, changes)))
        await outbox.put_messages(conn, DERIVED_CHANNEL, events, parts.now())
        await _mark_due(conn, written.affected, parts.now())
        await outbox.notify(conn, list(written.affected))
    parts.metrics.recomputes.inc(len(written.affected))
    parts.metrics.dates.inc(derived.dates)
    parts.metrics.rows.labels("read").inc(derived.read)
    parts.metrics.rows.labels("written").inc(derived.offered)
    parts.metrics.bodies.labels("", "erased").inc(erased)
    await bury(conn, parts, letters)


async def _mark_due(conn: Connection, touched: Mapping[str, Sequence[Span]], now_ms: int) -> None:
    """Mark each patient as due for a judgement.

    It is due at once after a workout or a report, and `CALM_MS` later if only samples came. Samples
    arrive in a stream, so one judgement covers many of them. No rule needs an answer sooner.
    """
    calm: set[str] = set()
    urgent: set[str] = set()
    for patient, spans in touched.items():
        only_samples = all(span.samples_only for span in spans)
        (calm if only_samples else urgent).add(patient)
    for patients, at_ms in ((urgent, now_ms), (calm, now_ms + CALM_MS)):
        if patients:
            await to_judge.mark_all(conn, sorted(patients), at_ms, "facts")


def _decode(
    messages: Sequence[Message],
) -> tuple[list[tuple[Message, AttributedFact]], list[RefusedMessage]]:
    """Return the facts with their messages, and dead letters for the messages that hold no fact."""
    reported: list[tuple[Message, AttributedFact]] = []
    letters: list[RefusedMessage] = []
    for message in messages:
        try:
            reported.append((message, decode_attributed(message.value)))
        except OTHER_SHAPE:
            letters.append(_letter(message, UNREAD))
    return reported, letters


def _patients(letters: Sequence[RefusedMessage]) -> set[str]:
    return {letter.patient or "" for letter in letters}


def _written_patients(
    reported: Sequence[tuple[Message, AttributedFact]], written: Written
) -> set[str]:
    """Return the patients of whom at least one fact was accepted."""
    refused = {no.index for no in written.refused}
    patients: set[str] = set()
    for index, (_, attributed) in enumerate(reported):
        if index not in refused:
            patients.add(attributed.patient)
    return patients


def _of_row(row: outbox.Waiting, topic: str) -> Outgoing:
    """Return a row of the outbox, whose recipient is a patient, as a message for a topic."""
    return Outgoing(topic=topic, key=row.recipient.encode(), value=dumps(row.body))


def _letter(message: Message, reject: Reject) -> RefusedMessage:
    whose = message.key.decode(errors="replace")  # the key of a fact is its patient
    return RefusedMessage(message=message, rejects=[reject], patient=whose, body=message.value)


def _refused(message: Message, attributed_fact: AttributedFact, why: str) -> RefusedMessage:
    reject = Reject(where="fact", why=why, kind=RejectKind.UNWRITABLE)
    return RefusedMessage(
        message=message, rejects=[reject], patient=attributed_fact.patient, body=message.value
    )


def event(patient: str, changes: Sequence[DerivedChange]) -> Mapping[str, object]:
    """Return the event of `kadens.derived` that lists what changed for a patient."""
    return {"v": SCHEMA_VERSION, "patient": patient, "changes": plain(list(changes))}
