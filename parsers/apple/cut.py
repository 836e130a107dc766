"""Cuts an Apple Health export of any size into documents of about 0.7 MiB. Pure.

Memory is constant. The place of a cut depends on the bytes around it alone, so that a later export
gives the same pieces wherever the records are the same. No piece ends within a record, a workout or
a correlation, unless one of them is longer than a piece may be.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO
from zlib import crc32

import numpy as np

from parsers.apple.clean import BLOCK_BYTES, clean_blocks

# A record that somebody entered, with or without metadata; what is longer is none.
_EFFORT = b'"HKQuantityTypeIdentifierWorkoutEffortScore"'
_EFFORT_RECORD = re.compile(
    rb"<Record type=%s[^<>]{0,2000}(?:/>|>(?:\s*<MetadataEntry [^<>]{0,500}/>){0,20}\s*</Record>)"
    % _EFFORT
)
_START = re.compile(rb' startDate="([^"<>]{1,64})"')
_WORKOUT_TAG = re.compile(rb"<Workout [^<>]{0,4000}>")
_MOST_EFFORTS = 20_000  # two a day for a working life
_ROOM = 2 * BLOCK_BYTES - 1_024  # bytes of a piece, without what is around it
_BEGINNING = b'<?xml version="1.0" encoding="UTF-8"?>\n<HealthData>\n'
END = b"</HealthData>"
_LEAST, _MOST = BLOCK_BYTES // 4, 2 * BLOCK_BYTES - 64 * 1024  # bytes of a piece
_BEGIN = b"<Record "
_STRETCH = BLOCK_BYTES // 8  # bytes of which the records are looked at together
# One in 1,024 records, or 0.4 MB, is a place to cut. Places must be farther apart than the least
# piece: only then do two exports come to the same places soon after they differ.
_RARE = 0x3FF
_TRIES = 4  # in a stretch
_GROUP, _GROUP_END = b"<Correlation ", b"</Correlation>"


def cut_apple_health(file: BinaryIO) -> Iterator[bytes]:
    """Yield an export as documents that `read_apple_health` reads; BodyError if it is none.

    The last one has no end where the export has none, because it is cut off. How hard somebody felt
    a workout to be is a record of its own, far before the workout: it is repeated beside it.
    """
    efforts: dict[bytes, bytes] = {}
    for body, is_complete in bodies(file):
        _keep_efforts(body, efforts)
        repeated = _efforts_of(body, efforts)
        yield _BEGINNING + body + repeated + (END + b"\n" if is_complete else b"")


def _keep_efforts(body: bytes, efforts: dict[bytes, bytes]) -> None:
    """Add the records of effort that a body holds, by their starts as written."""
    if _EFFORT not in body:
        return
    for record in _EFFORT_RECORD.finditer(body):
        start = _START.search(record[0])
        if start is not None and len(efforts) < _MOST_EFFORTS:
            efforts[start[1]] = record[0]


def _efforts_of(body: bytes, efforts: dict[bytes, bytes]) -> bytes:
    """Return the efforts of the workouts in a body: they have the same start."""
    repeated: list[bytes] = []
    room = _ROOM - len(body)
    for workout in _WORKOUT_TAG.finditer(body) if efforts else ():
        start = _START.search(workout[0])
        record = efforts.get(start[1], b"") if start is not None else b""
        room -= len(record)
        if record and room > 0:
            repeated.append(record)
    return b"".join(repeated)


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
        rare = np.flatnonzero(np.array(list(map(crc32, records))) & _RARE == 0).tolist()
        # Looking back for a correlation is slow, and somebody may write only records to cut at.
        for number in rare[:_TRIES]:
            behind = at + sum(map(len, records[: number + 1])) + (number + 1) * len(_BEGIN)
            if not _in_group(rest, behind):
                return behind
        at = end
    return 0


def _forced(rest: bytes) -> int:
    """Return where to cut when no place is good: before the last record in reach, if there is one.

    A record that begins sooner is larger than anything that is read.
    """
    for reach in (BLOCK_BYTES, _MOST):
        last = max(rest.rfind(_BEGIN, 1, reach), rest.rfind(b"<Workout ", 1, reach))
        if last > 0:
            return last
    return _MOST


def _in_group(rest: bytes, at: int) -> bool:
    return rest.rfind(_GROUP, 0, at) > rest.rfind(_GROUP_END, 0, at)
