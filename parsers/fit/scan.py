"""Finds where every data message of a segment starts, without looking inside it.

Costs one step of a table walk per message. Never trusts a declared size over the length of the input, never recurses.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import Code, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFINITION, _DEVELOPER = 0x40, 0x20
_BLOCK = 1 << 18
_CAPS = (Code.TOO_MANY_MESSAGES, Code.TOO_MANY_DEFINITIONS, Code.EMPTY_MESSAGES)


class Stream:
    """The data messages of one definition in one segment: `starts` are the offsets of their record headers."""

    __slots__ = ("compressed", "definition", "number", "segment", "size", "starts")

    def __init__(self, definition: bytes, size: int, segment: int, *, compressed: bool) -> None:
        self.definition = definition
        self.number = int.from_bytes(definition[1:3], "big" if definition[0] else "little")
        self.size = size
        self.segment = segment
        self.compressed = compressed
        self.starts = array("I")


@dataclass(slots=True)
class Stop:
    """Why the walk ended before the end of the segment."""

    code: Code
    offset: int
    reason: str


@dataclass(slots=True)
class Budget:
    """What the whole file has used up so far."""

    limits: Limits
    messages: int = 0
    definitions: int = 0
    exhausted: bool = False
    layouts: set[bytes] = field(default_factory=set)


def _never(_start: int) -> None:
    raise AssertionError("a header byte without a definition has no step")


class _Walk:
    """Tables of one segment: for each record header byte the step to the next message and where to note its start."""

    __slots__ = ("budget", "by_local", "data", "end", "notes", "segment", "steps", "streams")

    def __init__(self, data: bytes, end: int, segment: int, budget: Budget) -> None:
        self.data = data
        self.end = end
        self.segment = segment
        self.budget = budget
        self.steps = [0] * 256
        self.notes: list[Callable[[int], None]] = [_never] * 256
        self.by_local: list[tuple[bytes, int] | None] = [None] * 16
        self.streams: dict[tuple[bytes, bool], Stream] = {}

    def count(self, *, empty_only: bool = False) -> int:
        return sum(len(stream.starts) for stream in self.streams.values() if not (empty_only and stream.size))

    def install(self, first: int, how_many: int, local: int, *, compressed: bool) -> None:
        """Let `how_many` header bytes from `first` on mean messages of this local type."""
        known = self.by_local[local]
        if known is None:
            return
        definition, size = known
        stream = self.streams.get((definition, compressed))
        if stream is None:
            stream = Stream(definition, size, self.segment, compressed=compressed)
            self.streams[definition, compressed] = stream
        self.steps[first : first + how_many] = [size + 1] * how_many
        self.notes[first : first + how_many] = [stream.starts.append] * how_many


def _definition(walk: _Walk, p: int) -> int | Stop:
    """Read the definition message at `p`; gives the offset after it."""
    data, budget = walk.data, walk.budget
    header = data[p]
    fields_end = p + 6 + 3 * data[p + 5] if p + 6 <= walk.end else walk.end + 1
    after, size = fields_end, 0
    if header & _DEVELOPER and fields_end < walk.end:
        after = fields_end + 1 + 3 * data[fields_end]
        size = sum(data[fields_end + 2 : after : 3])
    if after > walk.end or (header & _DEVELOPER and fields_end == walk.end):
        return Stop(Code.TRUNCATED, p, "definition message cut off")
    size += sum(data[p + 7 : fields_end : 3])
    definition = data[p + 2 : after]
    local = header & 0x0F
    walk.by_local[local] = (definition, size)
    for first in (local, local | 0x10, local | 0x20, local | 0x30):
        walk.install(first, 1, local, compressed=False)
    if local < 4:  # noqa: PLR2004 - only two bits name the local type under a compressed timestamp
        first = 0x80 | local << 5
        walk.steps[first : first + 32] = [0] * 32
    budget.definitions += 1
    budget.layouts.add(definition)
    return _over_budget(walk, p) or after


def _over_budget(walk: _Walk, p: int) -> Stop | None:
    budget, limits = walk.budget, walk.budget.limits
    if len(budget.layouts) > limits.layouts:
        return Stop(Code.TOO_MANY_DEFINITIONS, p, f"more than {limits.layouts} distinct definitions")
    if budget.definitions % limits.definitions_base == 0:
        messages = budget.messages + walk.count()
        if budget.definitions > limits.definitions_base + limits.definitions_per_message * messages:
            return Stop(Code.TOO_MANY_DEFINITIONS, p, f"{budget.definitions} definitions for {messages} messages")
    return None


def _unusual(walk: _Walk, p: int) -> int | Stop:
    """Handle a header byte without a step: a definition, the first compressed timestamp of a type, or an error."""
    header = walk.data[p]
    if header & 0xC0 == _DEFINITION:
        return _definition(walk, p)
    local = (header >> 5) & 3 if header & 0x80 else header & 0x0F
    if walk.by_local[local] is None:
        return Stop(Code.UNDEFINED_LOCAL, p, f"local message type {local} is not defined")
    walk.install(0x80 | local << 5, 32, local, compressed=True)
    return p


def _messages(walk: _Walk, p: int, stop: int) -> int | Stop:
    """Note messages until one starts at or after `stop`; the hot loop."""
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


def walk_segment(data: bytes, start: int, end: int, segment: int, budget: Budget) -> tuple[list[Stream], Stop | None]:
    """Streams of the messages between `start` and `end`, and why the walk stopped early, if it did."""
    walk = _Walk(data, end, segment, budget)
    p, stopped = start, None
    limits = budget.limits
    while p < end and stopped is None:
        after = _messages(walk, p, min(end, p + _BLOCK))
        if isinstance(after, Stop):
            stopped = after
        elif walk.count(empty_only=True) > limits.empty_messages:
            stopped = Stop(Code.EMPTY_MESSAGES, p, f"more than {limits.empty_messages} messages without a field")
        elif budget.messages + walk.count() > limits.messages:
            stopped = Stop(Code.TOO_MANY_MESSAGES, after, f"more than {limits.messages} messages")
        else:
            p = after
    budget.exhausted = stopped is not None and stopped.code in _CAPS
    if stopped is None and p > end:
        stopped = Stop(Code.TRUNCATED, _drop_last(walk), "message cut off")
    budget.messages += walk.count()
    return [stream for stream in walk.streams.values() if stream.starts], stopped


def _drop_last(walk: _Walk) -> int:
    """Forget the one message that runs over the end; gives its offset."""
    last = max((stream for stream in walk.streams.values() if stream.starts), key=lambda stream: stream.starts[-1])
    return last.starts.pop()
