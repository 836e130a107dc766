"""The body store: bytes under a name in a room, as files of a directory or in S3-compatible storage by URL.

Must never give an address out before the bytes are durable, nor follow an address that it did not give out.
"""

import asyncio
import math
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Protocol

import obstore
from obstore.store import ObjectStore, from_url

from model.calendar import epoch_ms

INCOMING, KEPT, PACKED = "incoming", "kept", "packed"
COPIED = 1024 * 1024  # bytes at a time
# room -> levels of folders in it. Many small files lie one level deep: a new one then seldom
# needs a new folder,
# each of which has to be synced too
LEVELS = {INCOMING: 2, KEPT: 2, PACKED: 1}
BEGUN = ".new-"  # how the name of a file begins that is not whole yet
BEGUN_AGE_S = 3_600.0  # no file takes so long to write
LISTED = 500  # addresses yielded at a time
_NAME = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"(?:(?:incoming|kept)/[0-9a-f]{2}/|packed/)[0-9a-f]{2}/[0-9a-f]{64}")


class BodyStore(Protocol):
    """Where bodies lie. Addresses are opaque; one that the store never gave out is a ValueError."""

    async def put(self, name: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body, or the content of an open file, durably, under a name (64 hex digits).

        Return its address. The same name is one body.
        """

    async def get(self, address: str) -> bytes | None:
        """Return a body, or None when it is not there."""

    async def delete(self, address: str) -> None:
        """Remove a body; nothing when it is not there."""

    def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        """Yield the addresses in a room that were stored longer ago than `age_s`, some at a time, by the store's clock.

        What a killed process had begun to write more than an hour ago is removed on the way.
        """


def open_bodies(url: str) -> BodyStore:
    """Open a store: a path or file:// for a directory, else a URL of object storage such as s3://bucket/prefix."""
    folder = folder_of(url)
    return Objects(from_url(url)) if folder is None else Directory(folder)


def folder_of(url: str) -> Path | None:
    """Return the directory that a store's URL names, None for object storage."""
    return (
        Path(url.removeprefix("file://")) if "://" not in url or url.startswith("file://") else None
    )


def address_of(name: str, room: str) -> str:
    """Return where a body lies in a room of any store.

    ValueError for what is no name of 64 hex digits.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a body is stored under 64 hex digits, random ones or its SHA-256")
    folders = (name[2 * level : 2 * level + 2] for level in range(LEVELS[room]))
    return "/".join((room, *folders, name))


class Directory:
    """Bodies as files. A file is whole or absent: written beside, synced, renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._synced: set[Path] = set()  # folders that this process has seen whole on the disk

    async def put(self, name: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body as a file; an open file is copied in a thread."""
        address = address_of(name, room)
        await asyncio.to_thread(self._put, self._root / address, body)
        return address

    def _put(self, path: Path, body: bytes | BinaryIO) -> None:
        if path.parent not in self._synced or not path.parent.is_dir():
            _make_folders(path.parent, self._root)
            self._synced.add(path.parent)
        _write(path, body)

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

    async def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        """Yield addresses by their files' time of modification.

        Remove what was begun and never finished.
        """
        now_s = time.time()
        paths = _older(self._root / room, now_s - age_s, now_s - BEGUN_AGE_S)
        while portion := await asyncio.to_thread(lambda: list(islice(paths, LISTED))):
            yield [path.relative_to(self._root).as_posix() for path in portion if _finished(path)]


class Objects:
    """Bodies as objects of S3-compatible storage, which answers a put only when it is durable."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body as an object; an open file is sent in parts."""
        address = address_of(name, room)
        if not isinstance(body, bytes):
            body.seek(0)
        await obstore.put_async(self._store, address, body)
        return address

    async def get(self, address: str) -> bytes | None:
        """Return the object's bytes."""
        try:
            matches = await obstore.get_async(self._store, _checked(address))
        except FileNotFoundError:
            return None
        return bytes(await matches.bytes_async())

    async def delete(self, address: str) -> None:
        """Remove the object."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _checked(address))

    async def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        """Yield addresses by their objects' time of modification."""
        before_ms = (time.time() - age_s) * 1000
        async for batch in obstore.list(self._store, prefix=room, chunk_size=LISTED):
            yield [
                str(meta["path"]) for meta in batch if epoch_ms(meta["last_modified"]) < before_ms
            ]


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address of this store")
    return address


def _write(path: Path, body: bytes | BinaryIO) -> None:
    if path.exists():  # whoever wrote it may have been killed before it was durable
        os.utime(path)  # it is wanted again: its age counts from now
        _sync(path)
        _sync(path.parent)
        return
    handle, beside = mkstemp(dir=path.parent, prefix=BEGUN)
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


def _make_folders(folder: Path, root: Path) -> None:
    """Make a folder and what is missing above it, for this user only.

    Each entry is synced even where it was there, else a crash of whoever made it could lose the
    whole branch.
    """
    if folder == root:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(PermissionError):  # a mounted folder may be somebody else's
            folder.chmod(0o700)
    else:
        _make_folders(folder.parent, root)
        folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _older(folder: Path, before_s: float, begun_s: float) -> Iterator[Path]:
    """Yield the files below a folder that were last written before an instant.

    One that goes meanwhile is none. Those that were begun only have an instant of their own.
    """
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            if path.is_dir():
                yield from _older(path, before_s, begun_s)
            elif _written_s(path) < (begun_s if path.name.startswith(BEGUN) else before_s):
                yield path


def _written_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _finished(path: Path) -> bool:
    """Tell whether a file was finished; remove it if not: its writer was killed."""
    if path.name.startswith(BEGUN):
        path.unlink(missing_ok=True)
        return False
    return True
