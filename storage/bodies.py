"""The body store: what was received, by the SHA-256 of its content. A directory, or S3-compatible storage by URL.

Two rooms: `incoming` holds big bodies on their way through the log, for as long as the log keeps its messages; `kept`
holds bodies sealed with their patient's own key, so that destroying the key erases them. A body is on disk before
its address is given out.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol, TypeAlias

import obstore
from obstore.store import ObjectStore, from_url

from ..model.calendar import epoch_ms, utc
from ..model.envelope import Envelope
from . import crypto, people
from .pool import Connection

INCOMING, KEPT = "incoming", "kept"
_NAME = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"(incoming|kept)/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}")

_KEEP = """
insert into body (patient, sha256, connector, content_type, size, address, received_at, parser)
select p.id, k.sha256, k.connector, k.content_type, k.size, k.address, k.received_at, k.parser
from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::int[])
  as k (pseudonym, sha256, connector, content_type, size, address, received_at, parser)
join patient p using (pseudonym) on conflict do nothing"""
_THERE = """
select k.pseudonym, k.sha256, b.parser from unnest(%s::text[], %s::bytea[]) as k (pseudonym, sha256)
join patient p using (pseudonym) join body b on b.patient = p.id and b.sha256 = k.sha256"""
_KEPT = """
select b.address, b.parser from body b join patient p on p.id = b.patient where p.pseudonym = %s and b.sha256 = %s"""
_LISTED = """
select b.sha256, b.connector, b.content_type, b.size, b.address, b.received_at, b.parser
from body b join patient p on p.id = b.patient where p.pseudonym = %s order by b.received_at, b.sha256"""


BodyKey: TypeAlias = tuple[str, str]  # a patient, and the SHA-256 of a body in hex


class BodyStore(Protocol):
    """Where bodies lie. Addresses are opaque; one that the store never gave out is a ValueError."""

    async def put(self, sha256: str, body: bytes | Path, room: str = INCOMING) -> str:
        """Store a body, durably, and return its address. The same again is the same address, and no second copy."""

    async def get(self, address: str) -> bytes | None:
        """Return a body, or None when it is not there."""

    async def delete(self, address: str) -> None:
        """Remove a body; nothing when it is not there."""

    async def expire(self, before_ms: int) -> int:
        """Remove incoming bodies stored before an instant, and return how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One body of a patient as it came, to be kept, and the version of the parser that read it."""

    patient: str
    envelope: Envelope
    body: bytes
    parser: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBody:
    """One kept body of a patient, the envelope it came in, and the version of the parser its facts come from."""

    address: str
    envelope: Envelope
    parser: int = 1


def open_bodies(url: str) -> BodyStore:
    """Open a store: a path or file:// for a directory, else a URL of object storage such as s3://bucket/prefix."""
    if "://" not in url or url.startswith("file://"):
        return Directory(Path(url.removeprefix("file://")))
    return Objects(from_url(url))


async def keep_all(
    conn: Connection, store: BodyStore, wrapping_key: bytes, received: Iterable[Received]
) -> dict[BodyKey, int]:
    """Seal each body with its patient's key, store it and write its row; once, however often it comes.

    Returns, for each, the version of the parser whose reading of it counts: its own, or the one that it was kept with
    before. Raises `people.UnknownNameError` when a patient has no data key.
    """
    bodies: dict[BodyKey, Received] = {}
    for one in received:
        bodies.setdefault((one.patient, one.envelope.sha256), one)
    there = await _there(conn, bodies)
    new = {key: one for key, one in bodies.items() if key not in there}
    if not new:
        return there
    keys = await people.data_keys(conn, wrapping_key, {one.patient for one in new.values()})
    addresses = await asyncio.gather(*(_seal(store, keys[one.patient], one) for one in new.values()))
    rows = [_row(one, address) for one, address in zip(new.values(), addresses, strict=True)]
    made = await conn.execute(_KEEP, [list(column) for column in zip(*rows, strict=True)])
    # another worker may have kept one meanwhile: its reading counts
    return there | (
        await _there(conn, new) if made.rowcount < len(new) else {key: one.parser for key, one in new.items()}
    )


async def _there(conn: Connection, keys: Collection[BodyKey]) -> dict[BodyKey, int]:
    if not keys:
        return {}
    asked = [[patient for patient, _ in keys], [bytes.fromhex(sha256) for _, sha256 in keys]]
    found = await (await conn.execute(_THERE, asked)).fetchall()
    return {(patient, sha.hex()): parser for patient, sha, parser in found}


async def _seal(store: BodyStore, key: bytes, one: Received) -> str:
    sha256 = one.envelope.sha256
    sealed = crypto.seal(key, one.body, f"body:{one.patient}:{sha256}")
    return await store.put(_kept_name(one.patient, sha256), sealed, KEPT)


def _row(one: Received, address: str) -> tuple[Any, ...]:
    said = one.envelope
    told = (said.connector, said.content_type, len(one.body), address, utc(said.received_ms), one.parser)
    return (one.patient, bytes.fromhex(said.sha256), *told)


async def open_kept(
    conn: Connection, store: BodyStore, wrapping_key: bytes, *, patient: str, sha256: str
) -> bytes | None:
    """Return a kept body as it was received, or None; raises `crypto.SealError` when it does not open."""
    row = await (await conn.execute(_KEPT, [patient, bytes.fromhex(sha256)])).fetchone()
    if row is None:
        return None
    return await unseal(store, await people.data_key(conn, wrapping_key, patient), patient, row[0], sha256)


async def unseal(store: BodyStore, key: bytes, patient: str, address: str, sha256: str) -> bytes | None:
    """Return the body at an address, opened with the patient's data key; None when it is not there.

    Raises `crypto.SealError` when it does not open.
    """
    sealed = await store.get(address)
    return None if sealed is None else crypto.open_sealed(key, sealed, f"body:{patient}:{sha256}")


async def kept_of(conn: Connection, patient: str) -> list[KeptBody]:
    """Return the kept bodies of a patient, in order of receipt."""
    rows = await (await conn.execute(_LISTED, [patient])).fetchall()
    return [
        KeptBody(
            address=address,
            parser=parser,
            envelope=Envelope(
                connector=connector,
                received_ms=epoch_ms(received),
                sha256=sha.hex(),
                size=size,
                content_type=content_type,
                patient=patient,
            ),
        )
        for sha, connector, content_type, size, address, received, parser in rows
    ]


def address_of(sha256: str, room: str) -> str:
    """Return where a body lies in a room of any store; ValueError for what is no SHA-256 in hex."""
    if not _NAME.fullmatch(sha256):
        raise ValueError("a body is stored under a SHA-256 in hex")
    return f"{room}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


class Directory:
    """Bodies as files, two levels of folders deep. A file is whole or absent: written beside, synced, renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, sha256: str, body: bytes | Path, room: str = INCOMING) -> str:
        """Store a body as a file; a Path is read in a thread."""
        place = address_of(sha256, room)
        await asyncio.to_thread(_write, self._root / place, body)
        return place

    async def get(self, address: str) -> bytes | None:
        """Return the file's bytes."""
        path = self._root / _checked(address)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None

    async def delete(self, address: str) -> None:
        """Remove the file."""
        await asyncio.to_thread((self._root / _checked(address)).unlink, missing_ok=True)

    async def expire(self, before_ms: int) -> int:
        """Remove incoming files by their time of modification."""
        return await asyncio.to_thread(_expire, self._root / INCOMING, before_ms)


class Objects:
    """Bodies as objects of S3-compatible storage, which answers a put only when it is durable."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, sha256: str, body: bytes | Path, room: str = INCOMING) -> str:
        """Store a body as an object; a Path is sent in parts."""
        place = address_of(sha256, room)
        await obstore.put_async(self._store, place, body)
        return place

    async def get(self, address: str) -> bytes | None:
        """Return the object's bytes."""
        try:
            found = await obstore.get_async(self._store, _checked(address))
        except FileNotFoundError:
            return None
        return bytes(await found.bytes_async())

    async def delete(self, address: str) -> None:
        """Remove the object."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _checked(address))

    async def expire(self, before_ms: int) -> int:
        """Remove incoming objects by their time of modification."""
        old: list[str] = []
        async for batch in obstore.list(self._store, prefix=INCOMING):
            old += [str(meta["path"]) for meta in batch if epoch_ms(meta["last_modified"]) < before_ms]
        if old:
            await obstore.delete_async(self._store, old)
        return len(old)


def _kept_name(patient: str, sha256: str) -> str:
    return hashlib.sha256(f"{patient}:{sha256}".encode()).hexdigest()


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address of this store")
    return address


def _write(path: Path, body: bytes | Path) -> None:
    if path.exists():
        os.utime(path)  # it is wanted again: expiry counts from now
        return
    _make_folders(path.parent)
    with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(body if isinstance(body, bytes) else body.read_bytes())
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).rename(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync(path.parent)


def _make_folders(folder: Path) -> None:
    """Make a folder and what is missing above it; each entry is synced, else a crash could lose the whole branch."""
    if folder.exists():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _expire(folder: Path, before_ms: int) -> int:
    old = [path for path in folder.glob("*/*/*") if path.stat().st_mtime_ns // 1_000_000 < before_ms]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
