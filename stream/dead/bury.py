"""Writes dead letters: a message on `kadens.dead` and a row for each, with the body sealed.

The room of each sender is bounded (`storage.bodies.caps`). Letters beyond it are only counted, by
day and class. The letters must be on the log before the transaction commits. So a crash between the
two can double a letter on the log, but never a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from model.codec import dumps, loads
from storage.bodies import dead_letters
from storage.bodies.dead_letters import Cause, LetterOrigin, LetterRow
from storage.bodies.sealed import own_key, put_sealed
from storage.people import data_keys
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.dead.letters import RefusedMessage, dead_letter, header_number, listed_rejects, size_of
from stream.log.messages import Headers, Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A letter that is not written yet; `patient` is the stored id of its patient, if known."""

    refused: RefusedMessage
    origin: LetterOrigin
    cause: Cause
    patient: int | None


async def bury(conn: Connection, parts: Collaborators, letters: Sequence[RefusedMessage]) -> None:
    """Send and write letters in the caller's transaction.

    Raises what the log, the body store and the database raise.
    """
    if not letters:
        return
    # patients are held: none can be erased before the letters about them are written
    patients = {letter.patient for letter in letters if letter.patient}
    known = await dead_letters.hold_patient_ids(conn, patients)
    drafts = [_draft(letter, parts.ledger.cluster, known) for letter in letters]
    kept, beyond = await _within_room(conn, parts, drafts)
    offsets = await parts.producer.send_all([_outgoing(draft.refused) for draft in kept])
    keys = await _keys(conn, parts, known)
    rows: list[LetterRow] = []
    for draft, offset in zip(kept, offsets, strict=True):
        rows.append(await _row(parts, keys, draft, offset))
    await dead_letters.add_letters(conn, rows, parts.now())
    await dead_letters.count_letters(conn, beyond, parts.now())
    _count(parts, drafts, len(beyond))


async def _within_room(
    conn: Connection, parts: Collaborators, drafts: Sequence[_Draft]
) -> tuple[list[_Draft], list[tuple[Cause, int | None]]]:
    """Return the drafts that there is room for; of the others cause and patient, to be counted."""
    connectors = {draft.cause.connector for draft in drafts}
    left = await dead_letters.letter_room(conn, connectors, parts.now())
    kept: list[_Draft] = []
    beyond: list[tuple[Cause, int | None]] = []
    for draft in drafts:
        size = len(draft.refused.body or b"")
        # each call takes its share of the room in `left`, so the order of the letters matters
        if dead_letters.letter_fits(left, draft.cause.connector, draft.patient, size):
            kept.append(draft)
        else:
            beyond.append((draft.cause, draft.patient))
    return kept, beyond


def pack_headers(headers: Headers) -> bytes:
    """Return a message's headers as bytes, whatever their values are."""
    # latin-1 gives every byte a character, so any value survives the way there and back
    return dumps([[name, value.decode("latin-1")] for name, value in headers])


def unpack_headers(packed: bytes) -> Headers:
    """Return the headers that `pack_headers` packed."""
    return tuple((name, value.encode("latin-1")) for name, value in loads(packed))


def _outgoing(refused: RefusedMessage) -> Outgoing:
    return dead_letter(refused.message, refused.rejects, rejected=refused.rejected)


def _draft(refused: RefusedMessage, cluster: str, known: Mapping[str, int]) -> _Draft:
    message, headers = refused.message, dict(refused.message.headers)
    received_ms = header_number(headers.get("received_ms", b""), -1)
    return _Draft(
        refused=refused,
        origin=LetterOrigin(
            cluster=cluster,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            headers=pack_headers(message.headers),
        ),
        cause=Cause(
            kind=refused.rejects[0].kind,
            connector=headers.get("connector", b"").decode(errors="replace"),
            received_ms=None if received_ms < 0 else received_ms,
            size=size_of(message),
            sha256=headers.get("sha256", b"").decode(errors="replace"),
            rejects=listed_rejects(refused.rejects),
            rejected=len(refused.rejects) if refused.rejected is None else refused.rejected,
        ),
        patient=known.get(refused.patient or ""),
    )


async def _keys(
    conn: Connection, parts: Collaborators, patients: Iterable[str]
) -> dict[str, bytes]:
    """Return the data key of each patient; a patient who is being erased has none."""
    keys: dict[str, bytes] = {}
    for patient in patients:
        with suppress(UnknownNameError):
            keys[patient] = await data_keys.data_key(conn, parts.wrapping_key, patient)
    return keys


async def _row(
    parts: Collaborators, keys: Mapping[str, bytes], draft: _Draft, offset: int
) -> LetterRow:
    """Return the row of a letter with its body sealed.

    A body is sealed with its patient's key. If its patient is not known, it gets a key of its own.
    The body of a patient who was erased, or has no key, is not kept.
    """
    row = LetterRow(origin=draft.origin, cause=draft.cause, letter=offset, patient=draft.patient)
    # sealed to its location, so that a body cannot be passed off as that of another letter
    body, wrapped = draft.refused.body, None
    key = keys.get(draft.refused.patient or "")
    if draft.refused.patient is None:
        key, wrapped = own_key(parts.wrapping_key, draft.origin.location)
    if body is None or key is None:
        return row
    lies = await put_sealed(parts.bodies, key, body, draft.origin.location)
    return replace(row, body_bytes=len(body), wrapped=wrapped, lies=lies)


def _count(parts: Collaborators, drafts: Sequence[_Draft], beyond: int) -> None:
    for draft in drafts:
        parts.metrics.dead.labels(draft.origin.topic).inc()
        for reject in draft.refused.rejects:
            parts.metrics.rejects.labels(draft.cause.connector, reject.kind.value).inc()
    parts.metrics.bodies.labels("", "beyond_room").inc(beyond)
