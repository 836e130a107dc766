"""Reads files that somebody names into memory, with a bound: a device or a pipe may have no end.

What is longer raises an OSError like what cannot be read, so that callers tell of both alike.
"""

from errno import EFBIG
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from parsers.formats import FILES_CONNECTOR, FORMATS

MOST_PAYLOAD = max(row.most_bytes for row in FORMATS)  # no reader takes more at once
MOST_STREAMED = 512 * 1024**2  # of a pipe with a file of any size in it, which is held in memory
_STEP = 1024**2


def bounded_copy(file: BinaryIO, most: int) -> BytesIO:
    """Return what a file holds from here on; raises OSError for more than `most` bytes."""
    copy = BytesIO()
    while step := file.read(min(_STEP, most + 1 - copy.tell())):
        copy.write(step)
    if copy.tell() > most:
        raise OSError(EFBIG, f"longer than {most:,} bytes")
    copy.seek(0)
    return copy


def bounded_bytes(path: Path, most: int) -> bytes:
    """Return the bytes of a file; raises OSError for more than `most` of them."""
    with path.open("rb") as file:
        return bounded_copy(file, most).getvalue()


def bounded_body(path: Path, connector: str) -> bytes:
    """Return the bytes of a connector's body; raises OSError for more than a body may have.

    A file on a desk has any size, because it is sent in pieces.
    """
    if connector != FILES_CONNECTOR:
        return bounded_bytes(path, MOST_PAYLOAD)
    return streamed_bytes(path)


def streamed_bytes(path: Path) -> bytes:
    """Return the bytes of a file of any size, or of a pipe or a device of a bounded one.

    Raises OSError for what cannot be read, and for a pipe or a device of more bytes.
    """
    # a pipe, such as one that a shell makes of a command, has no size that is known
    return path.read_bytes() if path.is_file() else bounded_bytes(path, MOST_STREAMED)
