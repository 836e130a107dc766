"""Cuts an Apple Health export of any size into documents of about 0.7 MiB. Pure.

Memory is constant. The place of a cut depends on the bytes around it alone, so that a later export
gives the same pieces wherever the records are the same. No piece ends within a record, a workout or
a correlation, unless one of them is longer than a piece may be.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from zlib import crc32

from parsers.apple.clean import BLOCK_BYTES, clean_blocks

_BEGINNING = b'<?xml version="1.0" encoding="UTF-8"?>\n<HealthData>\n'
END = b"</HealthData>"
_LEAST, _MOST = BLOCK_BYTES // 4, 2 * BLOCK_BYTES - 64 * 1024  # bytes of a piece
_BEGIN = re.compile(rb"<(?:Record|Workout)\s")
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
    """Return where to cut: at the first record whose hash is rare, 0 where there is none."""
    for begin in _BEGIN.finditer(rest, _LEAST, _MOST):
        at = begin.start()
        is_rare = crc32(rest[at : rest.find(b">", at)]) & _RARE == 0
        if is_rare and not _in_group(rest, at):
            return at
    return 0


def _forced(rest: bytes) -> int:
    """Return where to cut when no place is good: before the last record in reach, if there is one.

    A record that begins sooner is larger than anything that is read.
    """
    last = max(rest.rfind(b"<Record ", 1, _MOST), rest.rfind(b"<Workout ", 1, _MOST))
    return last if last > 0 else _MOST


def _in_group(rest: bytes, at: int) -> bool:
    return rest.rfind(_GROUP, 0, at) > rest.rfind(_GROUP_END, 0, at)
