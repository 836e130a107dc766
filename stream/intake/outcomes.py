"""What becomes of one body: stored, held in quarantine, a dead letter, or nothing.

Without a consent at the time of receipt nothing of a patient's body may be written, not even a dead
letter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from model.facts import Reject, RejectKind
from parsers.formats import version_of
from storage.bodies import caps, quarantine
from storage.bodies.kept_bodies import BodyKey, FirstKept, Received, keep_all
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.dead.letters import RefusedMessage
from stream.faults import report_fault
from stream.intake.owners import Owned, account_of
from stream.reading import NO_ENVELOPE, Read

UNCONSENTED = "no_consent"  # the word for what no consent covers
_NOBODY = Reject(where="headers", why="neither a patient nor an account", kind=RejectKind.ENVELOPE)
FULL = Reject(
    where="quarantine",
    why="no room is left for more of this sender today",
    kind=RejectKind.TOO_MUCH,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one body.

    `word` labels the outcome in the metrics. `stored` is the body whose facts are sent on, None
    when there are none to send. `letters` are the dead letters about it.
    """

    word: str
    stored: Owned | None = None
    letters: Sequence[RefusedMessage] = ()


async def outcome_of(
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
        # without consent not even a dead letter may be written about a patient's body
        return Outcome(word=UNCONSENTED) if patient and kept is None else _unreadable(owned)
    if patient is None:
        return await _held(conn, owned, parts, room) if result.parsed.account else _nobody(result)
    # a patient without a zone was erased, which counts like a missing consent
    if kept is None or patient not in zones:
        return Outcome(word=UNCONSENTED)
    first = kept[patient, result.envelope.sha256]
    if _was_read_before(result, first):
        return Outcome(word="read_before")
    letters: list[RefusedMessage] = []
    lost = tuple(reject for reject in result.rejects if reject.kind is not RejectKind.REPAIRED)
    if lost:
        # a letter without the body, because a body that was read in part is kept with its patient
        letters.append(RefusedMessage(message=result.message, rejects=lost, patient=patient))
    return Outcome(word="stored", stored=_as_it_counts(owned, first), letters=letters)


def _unreadable(owned: Owned) -> Outcome:
    read = owned.read
    letter = RefusedMessage(
        message=read.message,
        rejects=read.rejects,
        patient=owned.patient,
        body=read.body or None,
    )
    return Outcome(word="unreadable", letters=[letter])


def _nobody(read: Read) -> Outcome:
    letter = RefusedMessage(message=read.message, rejects=[_NOBODY], body=read.body)
    return Outcome(word="nobody", letters=[letter])


def _was_read_before(read: Read, first: FirstKept) -> bool:
    """Return whether the facts of a body were sent on before; `first` is what counts of it."""
    if first.parser != version_of(read.format):
        # another version of the parser has read it before; `kadens replay` will read it again
        return True
    if first.is_moved:
        # The facts were sent on with another time of stating. A later one would go before other
        # versions; an earlier one of an answer would stay behind what it has become again.
        return False
    # What a reader takes from a body depends on its receipt. All that it took at the first one was
    # on the log before that was committed, and a later receipt is no evidence of anything.
    return first.received_ms < read.envelope.received_ms


def _as_it_counts(owned: Owned, first: FirstKept) -> Owned:
    """Return a body with the receipt that counts: a redelivery is no later statement."""
    envelope = replace(
        owned.read.envelope, received_ms=first.received_ms, stated_ms=first.stated_ms
    )
    return replace(owned, read=replace(owned.read, envelope=envelope))


async def _held(conn: Connection, owned: Owned, parts: Collaborators, room: caps.Room) -> Outcome:
    """Put a body whose account is linked to no patient into quarantine, if its sender has room."""
    result, (vendor, account) = owned.read, account_of(owned)
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


async def keep_bodies(
    conn: Connection, allowed: Sequence[Owned], zones: Mapping[str, str], parts: Collaborators
) -> Mapping[BodyKey, FirstKept]:
    """Keep the bodies that could be read, sealed with their patients' data keys.

    A later version of the parser can then read them again. Returns, for each body, the
    receipt that counts and the version of the parser by which it counts as read.
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


def count_outcome(read: Read, outcome: Outcome, parts: Collaborators) -> None:
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
