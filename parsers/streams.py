"""Samples as blocks of a stream for each source, or of the record that they belong to. Pure.

A source that names no record sends the same times again, perhaps with other values. At each instant
of a stream one value stays (`Joining.STREAM`), so what is sent again replaces itself.
"""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from model.codec import dumps, plain
from model.columns.build import split_at_gaps
from model.columns.runs import is_run_end
from model.facts import BLOCK, Head, Instants, Joining, RejectKind, SampleBlock, Source, Values
from model.metrics import METRIC
from parsers.bounds import LONGEST_GAP_MS, MOST_SERIES
from parsers.fields import Unreadable, head

_Key: TypeAlias = tuple[str, Source, int | None]  # metric, source, offset from UTC in minutes
CountColumns: TypeAlias = tuple[Instants, Instants, Values]  # t, until, v


@dataclass(frozen=True, slots=True)
class _Points:
    """Columns that grow, a fifth of the size of as many tuples."""

    t: "array[int]" = field(default_factory=lambda: array("q"))
    until: "array[int]" = field(default_factory=lambda: array("q"))
    v: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(frozen=True, slots=True)
class SeriesByKey:
    """Samples that are collected one by one, by metric, source and offset from UTC."""

    _points: dict[_Key, _Points] = field(default_factory=dict)

    def add(
        self, metric: str, source: Source, offset: int | None, point: tuple[int, int, float]
    ) -> None:
        """Add (start, end, value), in epoch ms; the end equals the start where none is stated.

        Raises Unreadable when there are more metrics, sources and offsets than a body may have.
        """
        points = self._points.get((metric, source, offset))
        if points is None:
            if len(self._points) >= MOST_SERIES:
                why = f"more than {MOST_SERIES} metrics, sources and offsets"
                raise Unreadable("body", why, RejectKind.TOO_MUCH)
            points = self._points[metric, source, offset] = _Points()
        start, end, value = point
        points.t.append(start)
        points.until.append(end)
        points.v.append(value)

    def stream(self, revision: int = 0) -> Iterator[SampleBlock]:
        """Yield the samples as blocks of streams."""
        for (metric, source, offset), points in self._points.items():
            fact_head = head(source, "", revision, (0, 0), offset)
            yield from stream_blocks(fact_head, metric, _in_order([points]))

    def of_record(self, record: str, revision: int = 0) -> Iterator[SampleBlock]:
        """Yield the samples as parts of a record, which a newer version replaces entirely.

        A series of a record has one offset, that of the first sample that was added.
        """
        offsets: dict[tuple[str, Source], int | None] = {}
        joined: dict[tuple[str, Source], list[_Points]] = {}
        for (metric, source, offset), points in self._points.items():
            offsets.setdefault((metric, source), offset)
            joined.setdefault((metric, source), []).append(points)
        for (metric, source), parts in joined.items():
            columns = _in_order(parts)
            for part, some in enumerate(_cut(columns[0])):
                offset = offsets[metric, source]
                fact_head = head(source, record, revision, _span(columns, some), offset)
                yield _block(fact_head, metric, columns, some, Joining.RECORD, part)


def stream_blocks(fact_head: Head, metric: str, columns: CountColumns) -> Iterator[SampleBlock]:
    """Yield the columns (t, until, v) of one series as blocks of a stream.

    Of `fact_head`, the source, the revision and the offset count. The record of a block is a hash
    of its content: the same samples sent again are the same record, and others never replace them.
    """
    for some in _cut(columns[0]):
        t, until, v = columns[0][some], columns[1][some], columns[2][some]
        content = {
            "source": plain(fact_head.source),
            "offset": fact_head.offset_min,
            "t": t,
            "v": v,
        }
        if _holds(metric, t, until):
            content["until"] = until
        digest = hashlib.sha256(dumps(content)).hexdigest()[:16]
        named = head(
            fact_head.source,
            f"{metric}:{digest}",
            fact_head.revision,
            _span(columns, some),
            fact_head.offset_min,
        )
        yield _block(named, metric, columns, some, Joining.STREAM, 0)


def _in_order(parts: Sequence[_Points]) -> CountColumns:
    """Return the columns in order of the starts, each start once.

    Of equal starts the greatest value stays, of equal values the one that holds longest, as where
    storage joins blocks of equal revision.
    """
    t = np.concatenate([np.array(part.t, np.int64) for part in parts])
    until = np.concatenate([np.array(part.until, np.int64) for part in parts])
    v = np.concatenate([np.array(part.v, np.float64) for part in parts])
    order = np.lexsort((until, v, t))
    t, until, v = t[order], until[order], v[order]
    last = is_run_end(t)
    return t[last], until[last], v[last]


def _cut(t: Instants) -> Iterator[slice]:
    return split_at_gaps(t, BLOCK, LONGEST_GAP_MS)


def _span(columns: CountColumns, some: slice) -> tuple[int, int]:
    t, until, _ = columns
    return int(t[some][0]), int(max(t[some][-1] + 1, until[some].max()))


def _holds(metric: str, t: Instants, until: Instants) -> bool:
    """Return whether samples hold over intervals: their metric does, and an end is stated."""
    return METRIC[metric].over_interval and bool(np.any(until > t))


def _block(
    fact_head: Head, metric: str, columns: CountColumns, some: slice, joining: Joining, part: int
) -> SampleBlock:
    t, until, v = columns[0][some], columns[1][some], columns[2][some]
    return SampleBlock(
        head=fact_head,
        metric=metric,
        t=t,
        v=v,
        joining=joining,
        part=part,
        until=until if _holds(metric, t, until) else None,
    )
