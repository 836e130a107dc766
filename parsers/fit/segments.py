"""Headers, lengths and checksums: where each chained FIT file of the input begins and ends.

The header is trusted only as far as the checksum or the framing agrees. Messages are not read.
"""

from __future__ import annotations

from dataclasses import dataclass

from parsers.fit.crc import crc16
from parsers.fit.errors import Code, FitProblem, Limits

_SIGNATURE = b".FIT"
_SHORTEST, _WITH_CRC = 12, 14  # bytes of a header without and with a checksum of its own
_MOST_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One FIT file of the chain.

    `start` is the offset of its header, messages lie in `body`..`end`, and `after` is the first
    byte behind it. `protocol` and `profile` are the versions that it declares. `crc_ok` is None
    where the checksum is missing.
    """

    index: int
    start: int
    body: int
    end: int
    after: int
    protocol: float
    profile: int
    crc_ok: bool | None


def is_header(data: bytes, at: int) -> bool:
    """Return whether a FIT header begins at `at`."""
    # The first byte is the length of the header.
    return (
        data[at + 8 : at + 12] == _SIGNATURE
        and data[at] >= _SHORTEST
        and at + data[at] <= len(data)
    )


def next_header(data: bytes, at: int) -> int:
    """Return the offset of the next FIT header from `at` on, or the end of the input.

    The search ends after many signatures without a valid header. A real input chains few files, and
    every candidate costs a checksum.
    """
    signature_at = data.find(_SIGNATURE, at + 8)
    for _ in range(_MOST_LOOKED_AT):
        start = signature_at - 8
        if signature_at == -1:
            break
        if (
            is_header(data, start)
            and data[start] in (_SHORTEST, _WITH_CRC)
            and header_crc_ok(data, start)
        ):
            return start
        signature_at = data.find(_SIGNATURE, signature_at + 4)
    return len(data)


def header_crc_ok(data: bytes, at: int) -> bool:
    """Return whether the header's own checksum is right, absent or zero (which is allowed)."""
    if data[at] < _WITH_CRC:
        return True
    stored = data[at + 12 : at + 14]
    return stored == b"\0\0" or crc16(data[at : at + 14]) == 0


def _problem(code: Code, offset: int, segment: int, reason: str) -> FitProblem:
    return FitProblem(code=code, offset=offset, segment=segment, reason=reason)


def read_segment(
    data: bytes, at: int, index: int, limits: Limits
) -> tuple[Segment, list[FitProblem]]:
    """Return the segment whose header is at `at` (see `is_header`), and what is wrong with it."""
    body = at + data[at]
    declared = int.from_bytes(data[at + 4 : at + 8], "little")
    problems = []
    if not header_crc_ok(data, at):
        problems.append(_problem(Code.HEADER_CRC, at + 12, index, "header checksum differs"))
    end, after, crc_ok, wrong = _frame(data, at, body, declared, limits)
    if wrong is not None:
        code, offset, reason = wrong
        problems.append(_problem(code, offset, index, reason))
    # The upper half of this byte is the major version, the lower half the minor.
    version = data[at + 1]
    segment = Segment(
        index=index,
        start=at,
        body=body,
        end=end,
        after=after,
        protocol=(version >> 4) + (version & 0x0F) / 10,
        profile=int.from_bytes(data[at + 2 : at + 4], "little"),
        crc_ok=crc_ok,
    )
    return segment, problems


_Wrong = tuple[Code, int, str]


def _frame(
    data: bytes, at: int, body: int, declared: int, limits: Limits
) -> tuple[int, int, bool | None, _Wrong | None]:
    """Return where a segment ends, and what is wrong with its length.

    These are the end of the messages, the offset behind the segment, whether the checksum is right
    (None where it is missing), and the problem or None.
    """
    length, end = len(data), body + declared
    if end + 2 <= length:
        if crc16(memoryview(data)[at : end + 2]) == 0:
            return end, end + 2, True, None
        # The checksum is wrong, but a header or the end follows: the length is right, a byte is
        # not.
        if end + 2 == length or is_header(data, end + 2):
            return end, end + 2, False, (Code.FILE_CRC, end, "file checksum differs")
        return _open_end(data, at, body, "the declared length does not end the file")
    if declared > limits.size:
        return _open_end(data, at, body, "the declared length is more than any file may have")
    kept = min(end, length)
    return kept, length, None, (Code.TRUNCATED, kept, "bytes of the declared length are missing")


def _open_end(
    data: bytes, at: int, body: int, reason: str
) -> tuple[int, int, bool | None, _Wrong | None]:
    """Return a frame in place of an impossible length: up to the next header, or to the end."""
    limit = next_header(data, body)
    wrong = (Code.UNTERMINATED, at + 4, reason)
    if limit - 2 >= body and crc16(memoryview(data)[at:limit]) == 0:
        return limit - 2, limit, True, wrong
    return limit, limit, None, wrong
