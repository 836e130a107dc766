"""Puts dead letters away: a message on `kadens.dead` and a row each, the body sealed, in the batch's transaction.

What one sender may fill is bounded (`storage.caps`): beyond that a letter is counted by day and class, and nothing else
of it is kept. Binding: the log has the letters before the transaction commits, so a crash between the two doubles a
letter on the log and never a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from model.codec import dumps, loads
from storage.bodies import dead_letters
from storage.bodies.dead_letters import Cause, Origin, Row
from storage.bodies.sealed import own_key, put_sealed
from storage.people import people
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.dead.letters import LISTED, Letter, dead_letter, number, size_of
from stream.log.messages import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A letter on its way into its row; `patient` is the surrogate of whose it is."""

    letter: Letter
    origin: Origin
    cause: Cause
    patient: int | None


async def bury(conn: Connection, parts: Collaborators, letters: Sequence[Letter]) -> None:
    """Send and write letters, in the caller's transaction; raises what the log, the store and the database raise."""
    if not letters:
        return
    known = await dead_letters.known(conn, {letter.patient for letter in letters if letter.patient})
    meant = [_meant(letter, parts.ledger.cluster, known) for letter in letters]
    left = await dead_letters.room(conn, {item.cause.connector for item in meant}, parts.now())
    fits = [
        dead_letters.fits(left, item.cause.connector, item.patient, len(item.letter.body or b""))
        for item in meant
    ]
    kept = [item for item, fit in zip(meant, fits, strict=True) if fit]
    beyond = [(item.cause, item.patient) for item, fit in zip(meant, fits, strict=True) if not fit]
    result = [
        dead_letter(item.letter.message, item.letter.rejects, rejected=item.letter.rejected)
        for item in kept
    ]
    offsets = await parts.producer.send_all(result)
    keys = await _keys(conn, parts, known)
    rows = [
        await _row(parts, keys, item, offset) for item, offset in zip(kept, offsets, strict=True)
    ]
    await dead_letters.add(conn, rows, parts.now())
    await dead_letters.count_only(conn, beyond, parts.now())
    _count(parts, meant, len(beyond))


def pack_headers(headers: Headers) -> bytes:
    """Return a message's headers as bytes, whatever their values are."""
    return dumps([[name, value.decode("latin-1")] for name, value in headers])


def unpack_headers(packed: bytes) -> Headers:
    """Return the headers that `pack_headers` packed."""
    return tuple((name, value.encode("latin-1")) for name, value in loads(packed))


def _meant(letter: Letter, cluster: str, known: Mapping[str, int]) -> Meant:
    message, reported = letter.message, dict(letter.message.headers)
    received_ms = number(reported.get("received_ms", b""), -1)
    return Meant(
        letter=letter,
        origin=Origin(
            cluster=cluster,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            headers=pack_headers(message.headers),
        ),
        cause=Cause(
            kind=letter.rejects[0].kind,
            connector=reported.get("connector", b"").decode(errors="replace"),
            received_ms=None if received_ms < 0 else received_ms,
            size=size_of(message),
            sha256=reported.get("sha256", b"").decode(errors="replace"),
            rejects=[(reject.where, reject.why) for reject in letter.rejects[:LISTED]],
            rejected=len(letter.rejects) if letter.rejected is None else letter.rejected,
        ),
        patient=known.get(letter.patient or ""),
    )


async def _keys(
    conn: Connection, parts: Collaborators, patients: Iterable[str]
) -> dict[str, bytes]:
    """Return the data key of each patient who has one; who is being erased has none."""
    keys: dict[str, bytes] = {}
    for patient in patients:
        with suppress(people.UnknownNameError):
            keys[patient] = await people.data_key(conn, parts.wrapping_key, patient)
    return keys


async def _row(parts: Collaborators, keys: Mapping[str, bytes], meant: Meant, offset: int) -> Row:
    """Return the row of a letter, its body sealed: with the patient's key, of nobody known with a key of its own.

    Nothing is kept of a patient who is not there any more, or has no key.
    """
    row = Row(origin=meant.origin, cause=meant.cause, letter=offset, patient=meant.patient)
    body, wrapped = meant.letter.body, None
    key = keys.get(meant.letter.patient or "")
    if meant.letter.patient is None:
        key, wrapped = own_key(parts.wrapping_key, meant.origin.place)
    if body is None or key is None:
        return row
    lies = await put_sealed(parts.bodies, key, body, meant.origin.place)
    return replace(row, body_bytes=len(body), wrapped=wrapped, lies=lies)


def _count(parts: Collaborators, meant: Sequence[Meant], beyond: int) -> None:
    for item in meant:
        parts.metrics.dead.labels(item.origin.topic).inc()
        for reject in item.letter.rejects:
            parts.metrics.rejects.labels(item.cause.connector, reject.kind.value).inc()
    parts.metrics.bodies.labels("", "beyond_room").inc(beyond)
