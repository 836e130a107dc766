"""Open files made of steps of bytes, which remember whether they were damaged. Pure."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, cast

from parsers.packing.bounds import UNPACK_STEP

DAMAGED = "a packed file that is damaged or cut off"


class DamagedError(Exception):
    """The rest of a member cannot be unpacked."""


class Steps(io.RawIOBase):
    """A file that is read once, from its begin to its end or to its damage.

    `damage` is why it ends early, "" where it does not; what lies before the damage is read.
    """

    def __init__(self, steps: Iterator[bytes]) -> None:
        super().__init__()
        self._steps, self._left = steps, memoryview(b"")
        self.damage = ""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer
        """Fill the buffer with the next bytes, and return how many: 0 at the end."""
        while not self._left:
            self._left = memoryview(self._next())
            if not self._left:
                return 0
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _next(self) -> bytes:
        try:
            # a step may be empty before the end
            return next(filter(None, self._steps), b"")
        except (DamagedError, zlib.error, EOFError, OSError):
            self.damage = DAMAGED
            return b""


def opened(steps: Iterator[bytes]) -> tuple[BinaryIO, Steps]:
    """Return steps as an open file, and what knows whether they were damaged."""
    source = Steps(steps)
    return cast("BinaryIO", io.BufferedReader(source, UNPACK_STEP)), source


def joined(head: bytes, rest: BinaryIO) -> BinaryIO:
    """Return a file that begins with bytes that were read of it before."""
    if rest.seekable():
        rest.seek(0)
        return rest
    return opened(chain((head,), iter(lambda: rest.read(UNPACK_STEP), b"")))[0]


def of_gzip(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a gzip in steps; its members continue each other."""
    stream = gzip.GzipFile(fileobj=file)
    # `read1` gives what lies before the damage, where `read` would wait for a full step
    yield from iter(lambda: stream.read1(UNPACK_STEP), b"")


def stored(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what was stored unpacked."""
    yield from packed


def deflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what deflate has packed; DamagedError where it breaks off."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for some in packed:
        yield from inflated(stream, some)
        if stream.eof:
            return
    raise DamagedError


def inflated(stream: "zlib._Decompress", some: bytes) -> Iterator[bytes]:
    """Yield what the next bytes of a deflated stream give, in steps."""
    left, step = some, b""
    # a full step may leave more behind, although all bytes were taken
    while not stream.eof and (left or len(step) == UNPACK_STEP):
        step = stream.decompress(left, UNPACK_STEP)
        yield step
        left = stream.unconsumed_tail
