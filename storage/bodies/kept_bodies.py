"""Kept payloads: each one packed, sealed with its patient's data key, and known by a row.

A small payload is in its row. It needs no file, is durable with the row's transaction and is erased
with the row. A large payload is in the store, where it is durable before its row is written.

The store has three rooms. `incoming` has large payloads on their way through the log, for as long
as the log keeps its messages. `packed` has the kept ones, so that destroying a patient's key erases
them. `kept` has payloads that an older version kept unpacked.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from model.calendar import epoch_ms, utc
from model.envelope import Envelope
from model.keyring import KeyRing
from storage.bodies.body_store import KEPT, BodyStorage
from storage.bodies.sealed import Sealed, get_sealed, put_sealed
from storage.people import data_keys
from storage.pg import crypto, rows
from storage.pg.pool import Connection

# Joined with the patient: a payload of a patient who was erased meanwhile is stored nowhere.
_KEEP = """
insert into body
  (patient, sha256, connector, content_type, size, received_at, stated_ms, passed_headers,
   passed_query, format, parser, address, sealed)
select p.id, k.sha256, k.connector, k.content_type, k.size, k.received_at, k.stated_ms,
       k.passed_headers::jsonb, k.passed_query::jsonb, k.format, k.parser, k.address, k.sealed
from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[],
            %s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[], %s::text[], %s::bytea[])
  as k (pseudonym, sha256, connector, content_type, size, received_at, stated_ms, passed_headers,
        passed_query, format, parser, address, sealed)
join patient p using (pseudonym) on conflict do nothing"""
_THERE = """
select k.pseudonym, k.sha256, b.parser, b.received_at, b.stated_ms
from unnest(%s::text[], %s::bytea[]) as k (pseudonym, sha256)
join patient p using (pseudonym) join body b on b.patient = p.id and b.sha256 = k.sha256"""
# Parser 0 is older than any: the facts were stored with a later time of stating than the first, and
# may have replaced a version that counts. Sending them on again lowers their time and brings no
# replaced version back; `kadens replay` does. A time that gets later replaces by itself.
_MOVED = """
update body b
set received_at = case when k.is_answer then greatest(b.received_at, k.received_at)
      else least(b.received_at, k.received_at) end,
    stated_ms = case when k.is_answer then greatest(b.stated_ms, k.stated_ms)
      else least(b.stated_ms, k.stated_ms) end,
    parser = case when k.is_answer then b.parser else 0 end
from unnest(%s::text[], %s::bytea[], %s::timestamptz[], %s::bigint[], %s::boolean[])
  as k (pseudonym, sha256, received_at, stated_ms, is_answer)
join patient p using (pseudonym)
where b.patient = p.id and b.sha256 = k.sha256"""
_SEALED = """
select b.sealed from body b join patient p on p.id = b.patient \
where p.pseudonym = %s and b.sha256 = %s"""
_LISTED = """
select p.pseudonym as patient, b.sha256, b.connector, b.content_type, b.size,
       b.received_at as received_ms, b.stated_ms, b.passed_headers, b.passed_query, b.address,
       b.format, b.parser
from body b join patient p on p.id = b.patient \
where p.pseudonym = %s order by b.received_at, b.sha256"""


BodyKey: TypeAlias = tuple[str, str]  # a patient, and the SHA-256 of a body in hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A patient's payload as it came, to be kept, with its format.

    `parser` is the version of the reader that read it.
    """

    patient: str
    envelope: Envelope
    body: bytes
    format: str
    parser: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBody:
    """A kept payload of a patient, with its envelope and its format.

    `parser` is the version of the reader that its facts come from. `address` is its address in the
    store, None when it is in its row.
    """

    address: str | None
    envelope: Envelope
    format: str
    parser: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKept:
    """What counts of a payload that may have come before.

    `parser` is the version of the reader whose facts count: its own, or the version that it was
    kept with before. `received_ms` is its receipt and `stated_ms` when it was stated, both in epoch
    ms: the first ones of what is pushed, because a sender may deliver it again; the last ones of an
    answer, because that is how the vendor had it when it was asked. `is_moved` says that either is
    another than was kept before.
    """

    parser: int
    received_ms: int
    stated_ms: int
    is_moved: bool = False


async def keep_all(
    conn: Connection, store: BodyStorage, wrapping_key: KeyRing, received: Iterable[Received]
) -> dict[BodyKey, FirstKept]:
    """Seal each payload with its patient's key, store it and write its row.

    A payload that comes again is kept once, with the receipt that counts. Returns, for each, what
    counts of it. Raises `UnknownNameError` when a patient has no data key.
    """
    bodies: dict[BodyKey, Received] = {}
    for item in received:
        key = item.patient, item.envelope.sha256
        bodies[key] = _of_two(bodies.get(key, item), item)
    there = await _there(conn, bodies)
    there |= await _note_moved(conn, bodies, there)
    new = {key: entry for key, entry in bodies.items() if key not in there}
    if not new:
        return there
    # keys are opened for new payloads only: a replay of the log needs none
    keys = await data_keys.data_keys(conn, wrapping_key, {entry.patient for entry in new.values()})
    # files are written at once, each with two syncs that would add up one after the other
    made_rows = await asyncio.gather(
        *(_row(store, keys[entry.patient], entry) for entry in new.values())
    )
    made = await conn.execute(_KEEP, rows.as_arrays(made_rows, 13))
    # another worker may have kept a payload meanwhile: then that worker's version counts
    return there | (
        await _there(conn, new)
        if made.rowcount < len(new)
        else {key: _kept_now(entry) for key, entry in new.items()}
    )


def _of_two(a: Received, b: Received) -> Received:
    """Return a payload that came twice in one batch, with the receipt and order that count."""
    if a is b:
        return a
    counts = _that_counts(b.envelope)
    received_ms = counts(a.envelope.received_ms, b.envelope.received_ms)
    stated_ms = counts(a.envelope.first_stated_ms, b.envelope.first_stated_ms)
    return replace(a, envelope=replace(a.envelope, received_ms=received_ms, stated_ms=stated_ms))


def _that_counts(envelope: Envelope) -> Callable[[int, int], int]:
    """Return which of two times counts of a payload: see `FirstKept`."""
    return min if envelope.requested is None else max


def _kept_now(entry: Received) -> FirstKept:
    envelope = entry.envelope
    return FirstKept(
        parser=entry.parser, received_ms=envelope.received_ms, stated_ms=envelope.first_stated_ms
    )


async def _note_moved(
    conn: Connection, bodies: Mapping[BodyKey, Received], there: Mapping[BodyKey, FirstKept]
) -> dict[BodyKey, FirstKept]:
    """Move the receipt of payloads of which another delivery counts from now on.

    That is an earlier one of what was pushed, which is worked on last, and a later answer. Returns
    what counts of them.
    """
    moved: dict[BodyKey, FirstKept] = {}
    changes: list[tuple[Any, ...]] = []
    for key, first in there.items():
        envelope = bodies[key].envelope
        now = _moved(first, envelope)
        if now.is_moved:
            moved[key] = now
            times = utc(now.received_ms), now.stated_ms
            changes.append((key[0], bytes.fromhex(key[1]), *times, envelope.requested is not None))
    if changes:
        await conn.execute(_MOVED, rows.as_arrays(changes, 5))
    return moved


def _moved(first: FirstKept, again: Envelope) -> FirstKept:
    """Return what counts of a kept payload once another of its deliveries is known."""
    counts = _that_counts(again)
    received_ms = counts(first.received_ms, again.received_ms)
    stated_ms = counts(first.stated_ms, again.first_stated_ms)
    is_moved = (received_ms, stated_ms) != (first.received_ms, first.stated_ms)
    return replace(first, received_ms=received_ms, stated_ms=stated_ms, is_moved=is_moved)


async def _there(conn: Connection, keys: Collection[BodyKey]) -> dict[BodyKey, FirstKept]:
    if not keys:
        return {}
    patients, hashes = rows.as_arrays(keys, 2)
    params = [patients, list(map(bytes.fromhex, hashes))]
    kept = await (await conn.execute(_THERE, params)).fetchall()
    there: dict[BodyKey, FirstKept] = {}
    for patient, sha, parser, received_at, stated_ms in kept:
        received_ms = epoch_ms(received_at)
        first = FirstKept(parser=parser, received_ms=received_ms, stated_ms=stated_ms)
        there[patient, sha.hex()] = first
    return there


async def _row(store: BodyStorage, key: bytes, received: Received) -> tuple[Any, ...]:
    result = received.envelope
    placed = await put_sealed(store, key, received.body, _owner(received.patient, result.sha256))
    reported = (
        result.connector,
        result.content_type,
        len(received.body),
        utc(result.received_ms),
        result.first_stated_ms,
        json.dumps(result.passed_headers),
        json.dumps(result.passed_query),
        received.format,
        received.parser,
    )
    return (
        received.patient,
        bytes.fromhex(result.sha256),
        *reported,
        placed.address,
        placed.sealed,
    )


async def open_kept(
    conn: Connection, store: BodyStorage, key: bytes, patient: str, kept: KeptBody
) -> bytes | None:
    """Return a kept payload as it was received, opened with the patient's data key.

    Returns None when it does not exist. Raises `crypto.SealError` when it does not open.
    """
    sha256, address = kept.envelope.sha256, kept.address
    if address is not None and address.startswith(f"{KEPT}/"):  # an older version kept it unpacked
        sealed = await store.get(address)
        return None if sealed is None else crypto.open_sealed(key, sealed, _owner(patient, sha256))
    lies = Sealed(address=address, sealed=None if address else await _in_row(conn, patient, sha256))
    return await get_sealed(store, key, lies, _owner(patient, sha256))


async def _in_row(conn: Connection, patient: str, sha256: str) -> bytes | None:
    row = await (await conn.execute(_SEALED, [patient, bytes.fromhex(sha256)])).fetchone()
    return row[0] if row else None


async def kept_of(conn: Connection, patient: str) -> list[KeptBody]:
    """Return the kept payloads of a patient, in order of receipt."""
    return await rows.fetch(conn, _LISTED, [patient], _kept)


def _kept(row: rows.Row) -> KeptBody:
    address, name, parser = row.pop("address"), row.pop("format"), row.pop("parser")
    for passed in ("passed_headers", "passed_query"):
        row[passed] = tuple(map(tuple, row[passed]))
    # the other columns are those of the envelope
    return KeptBody(address=address, format=name, parser=parser, envelope=Envelope(**row))


def _owner(patient: str, sha256: str) -> str:
    # the patient is part of it: equal bytes of two patients must not open for each other
    return f"body:{patient}:{sha256}"
