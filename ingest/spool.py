"""A body on its way in: small ones in memory, large ones in a temporary file, never more than the cap.

Holds at most `SPOOL` bytes of a body in memory, whatever its length.
"""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO

from .problems import refused

SPOOL = 5 * 1024 * 1024  # bytes; above, the body goes to disk


class Spool:
    """The bytes of one body with their SHA-256. Close it: the temporary file goes with it."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None

    @property
    def sha256(self) -> str:
        """The SHA-256 of all bytes so far, as hex."""
        return self._hash.hexdigest()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        self._hash.update(chunk)
        if self._file is None and self.size > SPOOL:
            self._file = tempfile.NamedTemporaryFile(prefix="kadens-body-")  # noqa: SIM115 - closed by `close`
            self._file.writelines(self._parts)
            self._parts = []
        if self._file is None:
            self._parts.append(chunk)
        else:
            self._file.write(chunk)

    def content(self) -> bytes | Path:
        """Return the whole body, or the file that it lies in until `close`."""
        if self._file is None:
            return b"".join(self._parts)
        self._file.flush()
        return Path(self._file.name)

    def close(self) -> None:
        """Forget the body."""
        self._parts = []
        if self._file is not None:
            self._file.close()


async def fill(spool: Spool, stream: AsyncIterator[bytes], cap: int, feed: Callable[[bytes], None]) -> None:
    """Read a body into `spool`, giving each chunk to `feed` too; refuses it once it is longer than `cap` bytes."""
    async for chunk in stream:
        if spool.size + len(chunk) > cap:
            raise refused("too_large")
        spool.add(chunk)
        feed(chunk)
