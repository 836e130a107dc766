"""Kept payloads: each one packed, sealed with its patient's data key, and known by a row.

A small payload is in its row. It needs no file, is durable with the row's transaction and is erased
with the row. A large payload is in the store, where it is durable before its row is written.

The store has three rooms. `incoming` has large payloads on their way through the log, for as long
as the log keeps its messages. `packed` has the kept ones, so that destroying a patient's key erases
them. `kept` has payloads that an older version kept unpacked.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from model.calendar import utc
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
  (patient, sha256, connector, content_type, size, received_at, format, parser, address, sealed)
select p.id, k.sha256, k.connector, k.content_type, k.size, k.received_at, k.format, k.parser,
       k.address, k.sealed
from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[],
            %s::text[], %s::int[], %s::text[], %s::bytea[])
  as k (pseudonym, sha256, connector, content_type, size, received_at, format, parser, address,
        sealed)
join patient p using (pseudonym) on conflict do nothing"""
_THERE = """
select k.pseudonym, k.sha256, b.parser from unnest(%s::text[], %s::bytea[]) as k (pseudonym, sha256)
join patient p using (pseudonym) join body b on b.patient = p.id and b.sha256 = k.sha256"""
_SEALED = """
select b.sealed from body b join patient p on p.id = b.patient \
where p.pseudonym = %s and b.sha256 = %s"""
_LISTED = """
select p.pseudonym as patient, b.sha256, b.connector, b.content_type, b.size,
       b.received_at as received_ms, b.address, b.format, b.parser
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


async def keep_all(
    conn: Connection, store: BodyStorage, wrapping_key: KeyRing, received: Iterable[Received]
) -> dict[BodyKey, int]:
    """Seal each payload with its patient's key, store it and write its row.

    A payload that comes again is kept once. Returns, for each, the version of the reader whose
    facts count: its own, or the version that it was kept with before. Raises `UnknownNameError`
    when a patient has no data key.
    """
    bodies: dict[BodyKey, Received] = {}
    for item in received:
        bodies.setdefault((item.patient, item.envelope.sha256), item)
    there = await _there(conn, bodies)
    new = {key: entry for key, entry in bodies.items() if key not in there}
    if not new:
        return there
    # keys are opened for new payloads only: a replay of the log needs none
    keys = await data_keys.data_keys(conn, wrapping_key, {entry.patient for entry in new.values()})
    # files are written at once, each with two syncs that would add up one after the other
    made_rows = await asyncio.gather(
        *(_row(store, keys[entry.patient], entry) for entry in new.values())
    )
    made = await conn.execute(_KEEP, rows.as_arrays(made_rows, 10))
    # another worker may have kept a payload meanwhile: then that worker's version counts
    return there | (
        await _there(conn, new)
        if made.rowcount < len(new)
        else {key: entry.parser for key, entry in new.items()}
    )


async def _there(conn: Connection, keys: Collection[BodyKey]) -> dict[BodyKey, int]:
    if not keys:
        return {}
    patients, hashes = rows.as_arrays(keys, 2)
    requested = [patients, list(map(bytes.fromhex, hashes))]
    matches = await (await conn.execute(_THERE, requested)).fetchall()
    return {(patient, sha.hex()): parser for patient, sha, parser in matches}


async def _row(store: BodyStorage, key: bytes, received: Received) -> tuple[Any, ...]:
    result = received.envelope
    placed = await put_sealed(store, key, received.body, _owner(received.patient, result.sha256))
    reported = (
        result.connector,
        result.content_type,
        len(received.body),
        utc(result.received_ms),
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
    # the other columns are those of the envelope
    return KeptBody(address=address, format=name, parser=parser, envelope=Envelope(**row))


def _owner(patient: str, sha256: str) -> str:
    # the patient is part of it: equal bytes of two patients must not open for each other
    return f"body:{patient}:{sha256}"
