"""Holds a body while it comes in, up to its greatest length, and hashes it.

A short body is kept in memory, a long body in a file without a name, up to a cap. All bodies under
way share bounded memory and disk. Because the files have no name, a killed door leaves none behind.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from ingest.problems import refused

_T = TypeVar("_T")
Feed = Callable[[bytes], None]

_MIB = 1024 * 1024
SPOOL = 5 * _MIB  # bytes; above, the body goes to disk
FREE = 64 * 1024  # bytes of each body that no budget counts: the limit on connections bounds them
SHARE = 4  # a holder may take a fourth of a budget
UNPROVED = 8  # bodies without a proof yet share this fraction of the disk's room
DISK_S = 30.0  # a disk that takes longer for a single write is treated as full
_WRITERS = 4


@dataclass(slots=True)
class Budget:
    """Bytes that all bodies under way may take together, each holder at most a share. Pure."""

    limit: int
    used: int = 0
    _held: dict[str, int] = field(default_factory=dict)

    def take(self, count: int, holder: str = "") -> bool:
        """Take `count` bytes and return True, or take none and return False.

        Without a name of the `holder`, only the limit of all bodies counts.
        """
        held = self._held.get(holder, 0) + count
        if self.used + count > self.limit or (holder and held * SHARE > self.limit):
            return False
        self.used += count
        if holder:
            self._held[holder] = held
        return True

    def give(self, count: int, holder: str = "") -> None:
        """Return `count` bytes to the budget."""
        self.used -= count
        left = self._held.pop(holder, 0) - count
        if left > 0:
            self._held[holder] = left


@dataclass(slots=True, kw_only=True)
class _Room:
    """Memory and disk for bodies of the same kind, proved or not."""

    memory: Budget
    disk: Budget


class Spools:
    """The memory and disk for bodies on their way in, as two rooms.

    Bodies that are not proved yet have a room of their own, so that they cannot fill that of the
    proved bodies. `folder` holds the nameless files; None is the system's own. `memory` and `disk`
    are bytes for each room, but on disk the unproved bodies have an eighth of `disk`.
    """

    def __init__(
        self, *, folder: Path | None = None, memory: int = 64 * _MIB, disk: int = 2048 * _MIB
    ) -> None:
        self.unproved = _Room(memory=Budget(memory), disk=Budget(disk // UNPROVED))
        self.proved = _Room(memory=Budget(memory), disk=Budget(disk))
        self._folder = folder
        # a pool of its own: a body store that hangs may occupy all threads of asyncio's pool
        self._threads = ThreadPoolExecutor(_WRITERS, thread_name_prefix="spool")

    async def do(self, work: Callable[[], _T]) -> _T:
        """Run work on the disk in a thread; raises OSError, and TimeoutError after `DISK_S`."""
        async with asyncio.timeout(DISK_S):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def open(self) -> BinaryIO:
        """Open a file without a name; raises OSError."""
        return cast("BinaryIO", tempfile.TemporaryFile(buffering=0, dir=self._folder))


class Spool:
    """The bytes of a body with their SHA-256; `close` frees the room that they take.

    `holder` names the sender that the request's head has proved. While it is "", the body takes the
    room of the unproved bodies. `feed` is called with each chunk.
    """

    def __init__(self, spools: Spools, holder: str = "", feed: Feed | None = None) -> None:
        self.size = 0
        self._spools, self._holder, self._feed = spools, holder, feed
        self._room = spools.proved if holder else spools.unproved
        self._hash = hashlib.sha256()
        self._content = bytearray()
        self._file: BinaryIO | None = None
        self._in_memory = self._on_disk = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of all bytes so far, as hex."""
        return self._hash.hexdigest()

    async def add(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises `Refused` where there is no room, and OSError or TimeoutError where the disk fails.
        """
        self.size += len(chunk)
        if self._file is None and self._fits_memory():
            self._digest(chunk)
            self._content += chunk
        else:
            await self._write(chunk)

    async def content(self, most: int) -> bytes | BinaryIO:
        """Return the body as bytes where it is in memory or at most `most` bytes, else as its file.

        The file is open until `close`.
        """
        if self._file is None:
            return bytes(self._content)
        if self.size > most:
            return self._file
        return await self._spools.do(partial(_read, self._file))

    def close(self) -> None:
        """Drop the body and free its room."""
        self._content.clear()
        self._room.memory.give(self._in_memory, self._holder)
        self._room.disk.give(self._on_disk, self._holder)
        self._in_memory = self._on_disk = 0
        if self._file is not None:
            self._file.close()

    def _fits_memory(self) -> bool:
        # `size` already counts the chunk that is about to be added
        more = max(self.size - FREE, 0) - self._in_memory
        if self.size > SPOOL or not self._room.memory.take(more, self._holder):
            return False
        self._in_memory += more
        return True

    async def _write(self, chunk: bytes) -> None:
        more = self.size - self._on_disk
        if not self._room.disk.take(more, self._holder):
            raise refused("busy")
        self._on_disk += more
        if self._file is None:
            # the bytes so far move to the file as well, and their memory is free again
            self._file = await self._spools.do(self._spools.open)
            await self._spools.do(partial(_write, self._file, bytes(self._content)))
            self._content.clear()
            self._room.memory.give(self._in_memory, self._holder)
            self._in_memory = 0
        await self._spools.do(partial(self._digest_and_write, self._file, chunk))

    def _digest(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        if self._feed is not None:
            self._feed(chunk)

    def _digest_and_write(self, file: BinaryIO, chunk: bytes) -> None:
        """Hash and write a chunk in a thread, so that long bodies do not block the event loop."""
        self._digest(chunk)
        _write(file, chunk)


async def fill(spool: Spool, stream: AsyncIterator[bytes], cap: int) -> None:
    """Read a body into `spool`; raises `Refused` once it is longer than `cap` bytes."""
    async for chunk in stream:
        if spool.size + len(chunk) > cap:
            raise refused("too_large")
        await spool.add(chunk)


def _write(file: BinaryIO, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:  # an unbuffered write may take a part only
        left = left[file.write(left) :]


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
