"""The body store: bytes under a name in a room, as files of a directory or in S3-compatible storage by URL.

Must never give an address out before the bytes are durable, nor follow an address that it did not give out.
"""

import asyncio
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Protocol

import obstore
from obstore.store import ObjectStore, from_url

from ..model.calendar import epoch_ms

INCOMING, KEPT, PACKED = "incoming", "kept", "packed"
COPIED = 1024 * 1024  # bytes at a time
# room -> levels of folders in it. Many small files lie one level deep: a new one then seldom needs a new folder,
# each of which has to be synced too
LEVELS = {INCOMING: 2, KEPT: 2, PACKED: 1}
_NAME = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"(?:(?:incoming|kept)/[0-9a-f]{2}/|packed/)[0-9a-f]{2}/[0-9a-f]{64}")


class BodyStore(Protocol):
    """Where bodies lie. Addresses are opaque; one that the store never gave out is a ValueError."""

    async def put(self, sha256: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body, or the content of an open file, durably, and return its address.

        The same again is the same address, and no second copy.
        """

    async def get(self, address: str) -> bytes | None:
        """Return a body, or None when it is not there."""

    async def delete(self, address: str) -> None:
        """Remove a body; nothing when it is not there."""

    async def expire(self, before_ms: int) -> int:
        """Remove incoming bodies stored before an instant, and return how many."""


def open_bodies(url: str) -> BodyStore:
    """Open a store: a path or file:// for a directory, else a URL of object storage such as s3://bucket/prefix."""
    folder = folder_of(url)
    return Objects(from_url(url)) if folder is None else Directory(folder)


def folder_of(url: str) -> Path | None:
    """Return the directory that a store's URL names, None for object storage."""
    return Path(url.removeprefix("file://")) if "://" not in url or url.startswith("file://") else None


def address_of(sha256: str, room: str) -> str:
    """Return where a body lies in a room of any store; ValueError for what is no SHA-256 in hex."""
    if not _NAME.fullmatch(sha256):
        raise ValueError("a body is stored under a SHA-256 in hex")
    folders = (sha256[2 * level : 2 * level + 2] for level in range(LEVELS[room]))
    return "/".join((room, *folders, sha256))


class Directory:
    """Bodies as files. A file is whole or absent: written beside, synced, renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, sha256: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body as a file; an open file is copied in a thread."""
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

    async def put(self, sha256: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body as an object; an open file is sent in parts."""
        place = address_of(sha256, room)
        if not isinstance(body, bytes):
            body.seek(0)
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


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address of this store")
    return address


def _write(path: Path, body: bytes | BinaryIO) -> None:
    if path.exists():
        os.utime(path)  # it is wanted again: expiry counts from now
        return
    _make_folders(path.parent)
    handle, beside = mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            _copy(body, file)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).rename(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _copy(body: bytes | BinaryIO, file: BinaryIO) -> None:
    if isinstance(body, bytes):
        file.write(body)
        return
    body.seek(0)
    shutil.copyfileobj(body, file, COPIED)


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
