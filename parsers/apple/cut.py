"""Cuts an Apple Health export of any size into documents of about 0.7 MiB. Pure.

Memory is constant. The place of a cut depends on the bytes around it alone, so that a later export
gives the same pieces wherever the records are the same. No piece ends within a record, a workout or
a correlation, unless one of them is longer than a piece may be.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO
from zlib import crc32

import numpy as np

from parsers.apple.clean import BLOCK_BYTES, clean_blocks

_BEGINNING = b'<?xml version="1.0" encoding="UTF-8"?>\n<HealthData>\n'
END = b"</HealthData>"
_LEAST, _MOST = BLOCK_BYTES // 4, 2 * BLOCK_BYTES - 64 * 1024  # bytes of a piece
_BEGIN = b"<Record "
_STRETCH = BLOCK_BYTES // 8  # bytes of which the records are looked at together
# One in 1,024 records, or 0.4 MB, is a place to cut. Places must be farther apart than the least
# piece: only then do two exports come to the same places soon after they differ.
_RARE = 0x3FF
_GROUP, _GROUP_END = b"<Correlation ", b"</Correlation>"


def cut_apple_health(file: BinaryIO) -> Iterator[bytes]:
    """Yield an export as documents that `read_apple_health` reads; BodyError if it is none.

    The last one has no end where the export has none, because it is cut off.
    """
    for body, is_complete in bodies(file):
        yield _BEGINNING + body + (END + b"\n" if is_complete else b"")


def bodies_of(payload: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield as `bodies` what is in an export, or in a piece of one, which is clean already."""
    if payload.startswith(_BEGINNING) and len(payload) <= 2 * BLOCK_BYTES:
        yield payload[len(_BEGINNING) :], payload.rstrip().endswith(END)
    else:
        yield from bodies(BytesIO(payload))


def bodies(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield what is in the root element, in pieces, and whether the document goes on or ends there.

    That is False for the last piece of a document that breaks off.
    """
    rest, has_ended = b"", False
    for block in clean_blocks(file):
        if END in block:
            has_ended = True
            block = block.replace(END, b"")  # noqa: PLW2901 - what follows is read as well
        rest += block
        while len(rest) > _MOST:
            at = _cut_at(rest) or _forced(rest)
            yield rest[:at], True
            rest = rest[at:]
    while at := _cut_at(rest):
        yield rest[:at], True
        rest = rest[at:]
    yield rest, has_ended


def _cut_at(rest: bytes) -> int:
    """Return where to cut: behind the first record whose hash is rare, 0 where there is none."""
    at = rest.find(_BEGIN, _LEAST, _MOST)
    while at >= 0:
        end = rest.rfind(_BEGIN, at + 1, min(at + _STRETCH, _MOST))
        if end < 0:
            return 0
        records = rest[at:end].split(_BEGIN)[1:]
        for number in np.flatnonzero(np.array(list(map(crc32, records))) & _RARE == 0).tolist():
            behind = at + sum(map(len, records[: number + 1])) + (number + 1) * len(_BEGIN)
            if not _in_group(rest, behind):
                return behind
        at = end
    return 0


def _forced(rest: bytes) -> int:
    """Return where to cut when no place is good: before the last record in reach, if there is one.

    A record that begins sooner is larger than anything that is read.
    """
    last = max(rest.rfind(_BEGIN, 1, _MOST), rest.rfind(b"<Workout ", 1, _MOST))
    return last if last > 0 else _MOST


def _in_group(rest: bytes, at: int) -> bool:
    return rest.rfind(_GROUP, 0, at) > rest.rfind(_GROUP_END, 0, at)
