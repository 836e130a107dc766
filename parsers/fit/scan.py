"""Locates the start of every data message of a segment, without looking inside the messages.

Each message costs one step of a table walk. Declared sizes are never trusted over the length of the
input, and nothing recurses.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parsers.fit.errors import Code, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFINITION, _DEVELOPER = 0x40, 0x20  # bits of a record header
_BLOCK = 1 << 18  # bytes between two counts of the messages
_CAPS = (Code.TOO_MANY_MESSAGES, Code.TOO_MANY_DEFINITIONS, Code.EMPTY_MESSAGES)


class Stream:
    """The data messages of one definition in one segment; `starts` has their header offsets."""

    __slots__ = ("compressed", "definition", "number", "segment", "size", "starts")

    def __init__(self, definition: bytes, size: int, segment: int, *, compressed: bool) -> None:
        self.definition = definition
        self.number = int.from_bytes(definition[1:3], "big" if definition[0] else "little")
        self.size = size
        self.segment = segment
        self.compressed = compressed
        self.starts = array("I")

    def head(self, count: int) -> Stream:
        """Return the first messages only."""
        first = Stream(self.definition, self.size, self.segment, compressed=self.compressed)
        first.starts = self.starts[:count]
        return first


@dataclass(slots=True)
class Stop:
    """Why the walk ended before the end of the segment."""

    code: Code
    offset: int
    reason: str


@dataclass(slots=True)
class ScanBudget:
    """What the whole file has used up so far."""

    limits: Limits
    messages: int = 0
    definitions: int = 0
    layouts: int = 0
    fields: int = 0
    exhausted: bool = False


def _never(_start: int) -> None:
    raise AssertionError("a header byte without a definition has no step")


class _Walk:
    """The tables of one segment, by the 256 values of a record header byte.

    `steps` has the bytes to the next message, 0 where the byte needs a decision. `notes` has the
    function that records the start of the message.
    """

    __slots__ = (
        "budget",
        "by_local",
        "compressed",
        "data",
        "end",
        "notes",
        "plain",
        "segment",
        "steps",
    )

    def __init__(self, data: bytes, end: int, segment: int, budget: ScanBudget) -> None:
        self.data = data
        self.end = end
        self.segment = segment
        self.budget = budget
        self.steps = [0] * 256
        self.notes: list[Callable[[int], None]] = [_never] * 256
        self.by_local: list[Stream | None] = [None] * 16
        self.plain: dict[bytes, Stream] = {}
        self.compressed: dict[bytes, Stream] = {}

    def streams(self) -> list[Stream]:
        return [*self.plain.values(), *self.compressed.values()]

    def count(self, *, empty_only: bool = False) -> int:
        return sum(
            len(stream.starts) for stream in self.streams() if not (empty_only and stream.size)
        )

    def new_stream(self, definition: bytes) -> Stream:
        end = 4 + 3 * definition[3]
        size = sum(definition[5:end:3]) + sum(definition[end + 2 :: 3])
        stream = self.plain[definition] = Stream(definition, size, self.segment, compressed=False)
        self.budget.layouts += 1
        self.budget.fields += (len(definition) - 4) // 3
        return stream

    def install(self, local: int, stream: Stream) -> None:
        """Let the plain headers of a local type mean this stream; bits 4 and 5 have no meaning."""
        steps, notes = self.steps, self.notes
        steps[local] = steps[local | 0x10] = steps[local | 0x20] = steps[local | 0x30] = (
            stream.size + 1
        )
        notes[local] = notes[local | 0x10] = notes[local | 0x20] = notes[local | 0x30] = (
            stream.starts.append
        )
        self.by_local[local] = stream
        # Under a compressed timestamp only two bits name the type. A new definition makes its old
        # steps wrong, so that the next such header must be resolved again.
        if self.compressed and local < 4:  # noqa: PLR2004
            first = 0x80 | local << 5
            steps[first : first + 32] = [0] * 32

    def install_compressed(self, local: int, plain: Stream) -> None:
        """Let the 32 compressed headers of a local type mean messages of its definition."""
        stream = self.compressed.get(plain.definition)
        if stream is None:
            stream = Stream(plain.definition, plain.size, self.segment, compressed=True)
            self.compressed[plain.definition] = stream
        first = 0x80 | local << 5
        self.steps[first : first + 32] = [stream.size + 1] * 32
        self.notes[first : first + 32] = [stream.starts.append] * 32


def _definition_end(data: bytes, p: int, end: int) -> int:
    """Return the offset after the definition message at `p`; beyond `end` when it is cut off."""
    # Record header, reserved byte, architecture, message number (2 bytes), count of fields.
    if p + 6 > end:
        return end + 1
    after = p + 6 + 3 * data[p + 5]
    if data[p] & _DEVELOPER:
        after += 1 + 3 * data[after] if after < end else 1
    return after


def _definition(walk: _Walk, p: int) -> int | Stop:
    """Read the definition message at `p`, and return the offset after it."""
    data = walk.data
    after = _definition_end(data, p, walk.end)
    if after > walk.end:
        return Stop(Code.TRUNCATED, p, "definition message cut off")
    # The bytes after the local type are the key: equal definitions share a stream and its layout.
    definition, local = data[p + 2 : after], data[p] & 0x0F
    stream = walk.plain.get(definition) or walk.new_stream(definition)
    if walk.by_local[local] is not stream:
        walk.install(local, stream)
    walk.budget.definitions += 1
    return _over_budget(walk, p) or after


def _over_budget(walk: _Walk, p: int) -> Stop | None:
    budget, limits = walk.budget, walk.budget.limits
    if budget.layouts > limits.layouts or budget.fields > limits.fields:
        return Stop(
            Code.TOO_MANY_DEFINITIONS,
            p,
            "more distinct definitions, or fields of them, than are read",
        )
    if budget.definitions % limits.definitions_base == 0:
        messages = budget.messages + walk.count()
        if budget.definitions > limits.definitions_base + limits.definitions_per_message * messages:
            return Stop(Code.TOO_MANY_DEFINITIONS, p, "far more definitions than messages")
    return None


def _unusual(walk: _Walk, p: int) -> int | Stop:
    """Handle a header byte without a step, and return where to go on.

    It is a definition, the first compressed timestamp of a type, or an error.
    """
    header = walk.data[p]
    if header & 0xC0 == _DEFINITION:
        return _definition(walk, p)
    local = (header >> 5) & 3 if header & 0x80 else header & 0x0F
    stream = walk.by_local[local]
    if stream is None:
        return Stop(Code.UNDEFINED_LOCAL, p, "a message of a type that is not defined")
    walk.install_compressed(local, stream)
    return p


def _messages(walk: _Walk, p: int, stop: int) -> int | Stop:
    """Note messages until a message starts at or after `stop`. This is the hot loop."""
    data, steps, notes = walk.data, walk.steps, walk.notes
    while p < stop:
        header = data[p]
        step = steps[header]
        if step:
            notes[header](p)
            p += step
        else:
            after = _unusual(walk, p)
            if isinstance(after, Stop):
                return after
            p = after
    return p


def _too_many(walk: _Walk, p: int) -> Stop | None:
    budget, limits = walk.budget, walk.budget.limits
    # A message without a field takes one byte, so a small file could make millions of rows of them.
    if walk.count(empty_only=True) > limits.empty_messages:
        return Stop(
            Code.EMPTY_MESSAGES, p, f"more than {limits.empty_messages} messages without a field"
        )
    if budget.messages + walk.count() > limits.messages:
        return Stop(Code.TOO_MANY_MESSAGES, p, f"more than {limits.messages} messages")
    return None


def walk_segment(
    data: bytes, start: int, end: int, segment: int, budget: ScanBudget
) -> tuple[list[Stream], Stop | None]:
    """Return the streams of messages in `start`..`end`, and why the walk stopped early, if so."""
    walk = _Walk(data, end, segment, budget)
    p, stopped = start, None
    while p < end and stopped is None:
        # Counting after each block, not after each message, keeps the hot loop short.
        after = _messages(walk, p, min(end, p + _BLOCK))
        if isinstance(after, Stop):
            stopped = after
        else:
            p, stopped = after, _too_many(walk, after)
    budget.exhausted = stopped is not None and stopped.code in _CAPS
    if p > end:
        # The hot loop takes steps without a check, so the last message may run over the end.
        cut = Stop(Code.TRUNCATED, _drop_last(walk), "message cut off")
        stopped = stopped or cut
    budget.messages += walk.count()
    return [stream for stream in walk.streams() if stream.starts], stopped


def _drop_last(walk: _Walk) -> int:
    """Drop the last message, which runs over the end, and return its offset."""
    last = max(
        (stream for stream in walk.streams() if stream.starts), key=lambda stream: stream.starts[-1]
    )
    return last.starts.pop()
