"""A decoded FIT input: segments, groups of messages, problems. Start here: `decode`.

Decoding locates every message and checks lengths and checksums. Columns are computed at their first
use. For a bad input only `FitError` is raised, and only when nothing can be kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parsers.fit import profile
from parsers.fit.columns import AnyColumn, Table
from parsers.fit.developer import Known, read_descriptions
from parsers.fit.errors import HARMLESS, LIMITS, Code, FitError, FitProblem, Limits
from parsers.fit.group import Group
from parsers.fit.scan import ScanBudget, Stop, Stream, walk_segment
from parsers.fit.segments import Segment, is_header, next_header, read_segment
from parsers.fit.times import Stamps, compressed_stamps, short_stamps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_LATE_CHECKSUM = 2  # bytes
# Real files have few of these messages. No more are offered, because each costs a step in Python.
_MOST = {
    profile.FIELD_DESCRIPTION: 4096,
    profile.FILE_ID: 1024,
    profile.ACTIVITY: 4096,
    # Each holds eight beats: a week at 200 beats a minute has 252,000.
    profile.HR: 300_000,
}
_CELLS_PER_BYTE = 64


class FitFile:
    """What a FIT input holds.

    `fit["record"]` is the `Group` of a message (name or number). `segments` are the chained files.
    `problems` state what is wrong and where. `complete` is False when something may be missing or
    the file checksum differs.
    """

    def __init__(
        self,
        data: bytes,
        *,
        segments: Sequence[Segment],
        streams: Sequence[Stream],
        problems: Sequence[FitProblem],
        wanted: frozenset[int] | None,
        positions: bool,
        arrays: bool,
    ) -> None:
        self._data = data
        self._streams = streams
        self._wanted = wanted
        self._groups: dict[int, Group] = {}
        self._tables: dict[int, list[Table]] = {}
        self.segments = tuple(segments)
        self.problems = tuple(problems)
        self.positions = positions
        self.arrays = arrays

    @property
    def complete(self) -> bool:
        """Whether everything was read to the declared end, with the right checksum."""
        return all(problem.code in HARMLESS for problem in self.problems)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the wanted messages in the file, in order of their first definition."""
        return tuple(n for n in self._by_number if self._wanted is None or n in self._wanted)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the wanted messages in the file, in order of their first definition."""
        return tuple(map(profile.message_name, self.numbers))

    @property
    def messages(self) -> int:
        """How many data messages the file has, wanted or not."""
        return sum(len(stream.starts) for stream in self._streams)

    def __contains__(self, name: str | int) -> bool:
        try:
            return profile.message_number(name) in self.numbers
        except KeyError:
            return False

    def __getitem__(self, name: str | int) -> Group:
        """Return the group of a message by name or number; empty when the file has none.

        Raises KeyError for an unknown name, and for a message that `decode` was not to offer.
        """
        number = profile.message_number(name)
        if self._wanted is not None and number not in self._wanted:
            raise KeyError(name)
        if number not in self._groups:
            self._groups[number] = Group(number, self._of_number(number), self)
        return self._groups[number]

    def _of_number(self, number: int) -> list[Table]:
        if number not in self._tables:
            streams = self._by_number.get(number, ())
            offered = streams if number not in _MOST else _heads(streams, _MOST[number])
            self._tables[number] = [Table(self._data, stream) for stream in offered]
        return self._tables[number]

    @cached_property
    def _by_number(self) -> dict[int, list[Stream]]:
        values: dict[int, list[Stream]] = {}
        for stream in self._streams:
            values.setdefault(stream.number, []).append(stream)
        return values

    def _of_segment(self, segment: int) -> list[Table]:
        tables: list[Table] = []
        for number in self._by_number:
            tables += _in_segment(self._of_number(number), segment)
        return tables

    @cached_property
    def _descriptions(self) -> dict[int, Known]:
        """Descriptions of developer fields, by segment."""
        tables = self._of_number(profile.FIELD_DESCRIPTION)
        return {
            segment.index: read_descriptions(_in_segment(tables, segment.index))
            for segment in self.segments
        }

    def descriptions(self, segment: int) -> Known:
        """Return the descriptions of developer fields of a segment."""
        return self._descriptions[segment]

    @cached_property
    def _stamps(self) -> Stamps:
        parts_of_stamps = []
        for segment in self.segments:
            # The full timestamp of any message is a reference, so all tables of a segment are
            # needed.
            tables = self._of_segment(segment.index)
            short = [table for table in tables if table.stream.number == profile.MONITORING]
            parts_of_stamps.append(compressed_stamps(self._data, tables))
            if short:
                parts_of_stamps.append(short_stamps(tables))
        starts, stamps = (np.concatenate(parts) for parts in zip(*parts_of_stamps, strict=True))
        # The two kinds lie mixed in a file, and look-ups need the offsets in ascending order.
        order = np.argsort(starts, kind="stable")
        return starts[order], stamps[order]

    def parts(self) -> Iterator[FitFile]:
        """Yield each file of the chain as a file of its own: nothing of one counts for another."""
        if len(self.segments) == 1:
            yield self
            return
        for segment in self.segments:
            index = segment.index
            yield FitFile(
                self._data,
                segments=[segment],
                streams=[stream for stream in self._streams if stream.segment == index],
                problems=[problem for problem in self.problems if problem.segment == index],
                wanted=self._wanted,
                positions=self.positions,
                arrays=self.arrays,
            )

    def stamps(self) -> Stamps:
        """Return offsets and full timestamps of the messages whose timestamp had to be resolved."""
        return self._stamps

    def materialise(self) -> dict[str, dict[str, AnyColumn]]:
        """Compute every column of every group now, by message name.

        Raises FitError (too large) when rows times columns go far beyond the size of the input. No
        real file comes near this bound, but a definition may name fields that hardly any message
        has.
        """
        cells = sum(len(self[number]) * len(self[number].names) for number in self.numbers)
        if cells > _CELLS_PER_BYTE * len(self._data):
            raise FitError(Code.TOO_LARGE, 0, "far more values than bytes")
        return {profile.message_name(number): self[number].materialise() for number in self.numbers}


def decode(
    data: bytes | memoryview,
    *,
    messages: Collection[str | int] | None = None,
    positions: bool = False,
    arrays: bool = True,
    limits: Limits = LIMITS,
) -> FitFile:
    """Decode a FIT input of one or more chained files.

    `messages`: names or numbers to offer (default all). `positions`: offer latitudes and longitudes
    too. `arrays`: whether a field of several numbers gives a column of all of them, or of the
    first. `limits`: bounds on the work.

    Raises FitError (empty, no FIT header, over the size limit) when nothing can be kept. Anything
    else that is wrong is in `FitFile.problems`, and all complete messages before it are kept.
    Raises KeyError for an unknown name.
    """
    if len(data) > limits.size:
        raise FitError(Code.TOO_LARGE, limits.size, f"more than {limits.size} bytes")
    if not len(data):
        raise FitError(Code.EMPTY, 0, "no bytes")
    # Columns are views of these bytes, so nobody else may change them.
    data = bytes(data)
    if not is_header(data, 0):
        raise FitError(Code.NOT_FIT, 0, "no FIT header")
    wanted = None if messages is None else frozenset(map(profile.message_number, messages))
    segments, streams, problems = _read_all(data, limits)
    return FitFile(
        data,
        segments=segments,
        streams=streams,
        problems=problems,
        wanted=wanted,
        positions=positions,
        arrays=arrays,
    )


def _read_all(data: bytes, limits: Limits) -> tuple[list[Segment], list[Stream], list[FitProblem]]:
    segments: list[Segment] = []
    streams: list[Stream] = []
    problems: list[FitProblem] = []
    budget, at = ScanBudget(limits), 0
    while at < len(data):
        index = len(segments)
        if index == limits.segments:
            problems.append(
                _problem(Code.TOO_MANY_SEGMENTS, at, index, f"more than {index} chained files")
            )
            break
        if not is_header(data, at):
            problems.append(_problem(Code.TRAILING_BYTES, at, index - 1, "bytes after the end"))
            # Devices fill up their blocks, so another file may lie behind the filling.
            at = next_header(data, at)
            continue
        segment, wrong = read_segment(data, at, index, limits)
        segment_streams, stop = walk_segment(data, segment.body, segment.end, index, budget)
        if stop is not None and not _explained(wrong, stop, segment):
            if stop.code is Code.TRUNCATED:  # more precise than the problem of the length
                wrong = [problem for problem in wrong if problem.code is not Code.TRUNCATED]
            wrong.append(_problem(stop.code, stop.offset, index, stop.reason))
        segments.append(segment)
        streams += segment_streams
        problems += wrong
        at = segment.after
        # The budget is for the entire input, so a further segment would exceed it as well.
        if budget.exhausted:
            break
    return segments, streams, problems


def _in_segment(tables: Iterable[Table], segment: int) -> list[Table]:
    return [table for table in tables if table.stream.segment == segment]


def _heads(streams: Sequence[Stream], most: int) -> list[Stream]:
    """Return the streams, cut so that together they hold at most `most` messages."""
    heads: list[Stream] = []
    for stream in streams:
        heads += [stream.head(most)] if most > 0 else []
        most -= len(stream.starts)
    return heads


def _explained(wrong: Sequence[FitProblem], stop: Stop, segment: Segment) -> bool:
    """Return whether a stop only comes from the checksum behind the messages of a segment.

    Where the length is wrong, the walk reads the two bytes of the checksum as a message.
    """
    codes = {problem.code for problem in wrong}
    late = segment.end - stop.offset <= _LATE_CHECKSUM
    return late and (
        Code.UNTERMINATED in codes
        or (Code.TRUNCATED in codes and stop.code is Code.UNDEFINED_LOCAL)
    )


def _problem(code: Code, offset: int, segment: int, reason: str) -> FitProblem:
    return FitProblem(code=code, offset=offset, segment=segment, reason=reason)
