"""The body store: bytes under a name in a room, as files or as objects of S3-compatible storage.

It must never return an address before the bytes are durable, nor follow an address that it did not
make.
"""

import asyncio
import math
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from typing import BinaryIO, Protocol, cast

import obstore
from obstore.store import ObjectStore, from_url

from model.calendar import epoch_ms

INCOMING, KEPT, PACKED = "incoming", "kept", "packed"
_COPIED = 1024 * 1024  # bytes at a time
# Levels of folders in each room. A room with many small files has one level only: a new file then
# rarely needs a new folder, and each new folder has to be synced too.
LEVELS = {INCOMING: 2, KEPT: 2, PACKED: 1}
BEGUN = ".new-"  # prefix of a file that is still being written
BEGUN_AGE_S = 3_600.0  # no file takes so long to write
_LISTED = 500  # addresses yielded at a time
_NAME = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"(?:(?:incoming|kept)/[0-9a-f]{2}/|packed/)[0-9a-f]{2}/[0-9a-f]{64}")


class BodyStorage(Protocol):
    """A store of bodies by address. Addresses are opaque.

    Methods raise ValueError for an address that no store makes.
    """

    async def put(self, name: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body (bytes or an open file) under a name of 64 hex digits; return its address.

        The body is durable when this returns. Storing the same name again keeps one body.
        """

    async def get(self, address: str) -> bytes | None:
        """Return a body, or None when it does not exist."""

    async def open(self, address: str) -> BinaryIO | None:
        """Return a body as an open file, which the caller closes; None when it does not exist."""

    async def delete(self, address: str) -> None:
        """Remove a body; do nothing when it does not exist."""

    def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        """Yield, in portions, the addresses in a room that were stored longer than `age_s` ago.

        Ages are by the store's clock. Unfinished files that are older than an hour are removed on
        the way: the process that wrote them was killed.
        """


def open_bodies(url: str) -> BodyStorage:
    """Open a store by URL.

    A path or a file:// URL is a directory. Any other URL is object storage, such as
    s3://bucket/prefix.
    """
    folder = folder_of(url)
    return Objects(from_url(url)) if folder is None else Directory(folder)


def folder_of(url: str) -> Path | None:
    """Return the directory that a store's URL names, None for object storage."""
    return (
        Path(url.removeprefix("file://")) if "://" not in url or url.startswith("file://") else None
    )


def address_of(name: str, room: str) -> str:
    """Return the address of a body in a room, which is the same in every store.

    Raises ValueError unless the name has 64 hex digits.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a body is stored under 64 hex digits, random ones or its SHA-256")
    # two hex digits a level: at most 256 folders lie in one, however many bodies there are
    folders = (name[:2], name[2:4])[: LEVELS[room]]
    return "/".join((room, *folders, name))


class Directory:
    """A body store in a directory.

    A file is complete or absent: it is written under another name, synced, then renamed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._synced: set[Path] = set()  # folders that this process has made durable

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

    async def open(self, address: str) -> BinaryIO | None:
        """Return the file itself."""
        path = self._root / _checked(address)
        try:
            return await asyncio.to_thread(path.open, "rb")
        except FileNotFoundError:
            return None

    async def delete(self, address: str) -> None:
        """Remove the file."""
        await asyncio.to_thread((self._root / _checked(address)).unlink, missing_ok=True)

    async def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        """Yield addresses by their files' time of modification; remove unfinished files."""
        now_s = time.time()
        paths = _older(self._root / room, now_s - age_s, now_s - BEGUN_AGE_S)
        while portion := await asyncio.to_thread(lambda: list(islice(paths, _LISTED))):
            yield [path.relative_to(self._root).as_posix() for path in portion if _finished(path)]


class Objects:
    """A body store in S3-compatible storage, which answers a put only when it is durable."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: str, body: bytes | BinaryIO, room: str = INCOMING) -> str:
        """Store a body as an object; an open file is sent in parts."""
        address = address_of(name, room)
        # object storage answers only once the object is durable, and replaces it as a unit
        await obstore.put_async(
            self._store, address, body if isinstance(body, bytes) else _steps(body)
        )
        return address

    async def get(self, address: str) -> bytes | None:
        """Return the object's bytes."""
        try:
            stored = await obstore.get_async(self._store, _checked(address))
        except FileNotFoundError:
            return None
        return bytes(await stored.bytes_async())

    async def open(self, address: str) -> BinaryIO | None:
        """Return a copy of the object in a file without a name."""
        try:
            stored = await obstore.get_async(self._store, _checked(address))
        except FileNotFoundError:
            return None
        with ExitStack() as files:
            file = files.enter_context(TemporaryFile(prefix="kadens-object-"))
            async for chunk in stored.stream():
                await asyncio.to_thread(file.write, chunk)
            file.seek(0)
            files.pop_all()  # complete: from now on its reader closes it
        return cast("BinaryIO", file)

    async def delete(self, address: str) -> None:
        """Remove the object."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _checked(address))

    async def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        """Yield addresses by their objects' time of modification."""
        before_ms = (time.time() - age_s) * 1000
        async for batch in obstore.list(self._store, prefix=room, chunk_size=_LISTED):
            yield [
                str(meta["path"]) for meta in batch if epoch_ms(meta["last_modified"]) < before_ms
            ]


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address of this store")
    return address


def _write(path: Path, body: bytes | BinaryIO) -> None:
    if path.exists():  # its writer may have been killed before the file was durable
        os.utime(path)  # the file is needed again, so its age starts anew for `older`
        _sync(path)
        _sync(path.parent)
        return
    # beside its final name: a rename is atomic within one file system only
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
    # the new name is durable only with its folder
    _sync(path.parent)


def _copy(body: bytes | BinaryIO, file: BinaryIO) -> None:
    if isinstance(body, bytes):
        file.write(body)
        return
    body.seek(0)
    shutil.copyfileobj(body, file, _COPIED)


async def _steps(file: BinaryIO) -> AsyncIterator[bytes]:
    # not the file itself: the length of what is sealed on its way is not known before
    await asyncio.to_thread(file.seek, 0)
    while step := await asyncio.to_thread(file.read, _COPIED):
        yield step


def _make_folders(folder: Path, root: Path) -> None:
    """Make a folder and its missing parents, for this user only.

    Every parent is synced, even where the folder existed already: the process that made it may have
    crashed before it was durable, and the files below would be lost with it.
    """
    if folder == root:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(PermissionError):  # a mounted folder may belong to another user
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
    """Yield the files below a folder that were last written before `before_s` (epoch seconds).

    Unfinished files are compared with `begun_s` instead. A file that disappears meanwhile is
    skipped.
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
        return math.inf  # later than any bound, so the file is skipped


def _finished(path: Path) -> bool:
    """Return whether a file is finished; remove it if not, because its writer was killed."""
    if path.name.startswith(BEGUN):
        path.unlink(missing_ok=True)
        return False
    return True
