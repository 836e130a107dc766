"""What can be wrong with a FIT file, as values, and the limits beyond which reading stops.

A problem states where and why, and never contains a decoded value: measurements must not reach
logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Cause of a problem, grouped by what is lost."""

    # nothing is kept
    EMPTY = "empty"
    NOT_FIT = "not_fit"
    TOO_LARGE = "too_large"

    # all complete messages before the offset are kept
    TRUNCATED = "truncated"
    UNTERMINATED = "unterminated"
    UNDEFINED_LOCAL = "undefined_local"
    TRAILING_BYTES = "trailing_bytes"
    TOO_MANY_SEGMENTS = "too_many_segments"
    TOO_MANY_MESSAGES = "too_many_messages"
    TOO_MANY_DEFINITIONS = "too_many_definitions"
    EMPTY_MESSAGES = "empty_messages"
    FILE_CRC = "file_crc"
    NOISE = "noise"

    # no message is lost
    HEADER_CRC = "header_crc"
    DEVICE_TIME = "device_time"
    LOCAL_TIME = "local_time"
    NO_TIME = "no_time"
    NO_SESSION = "no_session"
    CONTRADICTION = "contradiction"
    CLOCK = "clock"
    OUTSIDE = "outside"


# These do not mean that something is missing.
HARMLESS = frozenset(
    {
        Code.HEADER_CRC,
        Code.DEVICE_TIME,
        Code.LOCAL_TIME,
        Code.NO_TIME,
        Code.NO_SESSION,
        Code.CONTRADICTION,
        Code.CLOCK,
        Code.OUTSIDE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitProblem:
    """Something wrong at `offset` (bytes from the start of the input) in a segment, by number."""

    code: Code
    offset: int
    segment: int
    reason: str
    count: int = 1


class FitError(Exception):
    """The input is not a FIT file that can be read: nothing was kept."""

    def __init__(self, code: Code, offset: int, reason: str) -> None:
        super().__init__(f"{code} at byte {offset}: {reason}")
        self.code = code
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on the work that one file may cause.

    Declared sizes are never trusted over the length of the input.

    `definitions_per_message` bounds redefinition. A real ski recording redefines before nearly
    every message (5,868 definitions, 6,849 messages), so the bound is above that, and interning
    makes each definition cheap. `layouts` bounds the distinct definitions of a segment, summed over
    all segments, and `fields` the fields of these (real files: 60 and 2,000).
    """

    size: int = 64 * 1024 * 1024
    messages: int = 5_000_000
    segments: int = 64
    layouts: int = 4096
    fields: int = 16_384
    definitions_base: int = 1000
    definitions_per_message: int = 4
    empty_messages: int = 1000


LIMITS = Limits()
