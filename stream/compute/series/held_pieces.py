"""Cuts intervals that overlap into pieces, so that each instant belongs to one of them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values

_Integers = NDArray[np.int64]
_Piece = tuple[int, int, int]  # position of the interval, start and end in epoch ms
_NEVER = 1 << 62
_APART_MS = 1 << 43  # beyond the year 2200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldSamples:
    """Samples that hold over intervals: [t, t + span) in epoch ms.

    All are columns of one length: `v` float64, the others int64. `rank` is the place of each among
    versions, `record` that of its record among the names of records. Intervals of one `layer` share
    no time in the end, those of different layers may. A span of 0 states no end.
    """

    t: Instants
    v: Values
    span: _Integers
    rank: _Integers
    record: _Integers
    layer: _Integers

    @staticmethod
    def joined(parts: Sequence["HeldSamples"]) -> "HeldSamples":
        """Return the samples of several, in their order."""
        return HeldSamples(
            t=np.concatenate([part.t for part in parts]),
            v=np.concatenate([part.v for part in parts]),
            span=np.concatenate([part.span for part in parts]),
            rank=np.concatenate([part.rank for part in parts]),
            record=np.concatenate([part.record for part in parts]),
            layer=np.concatenate([part.layer for part in parts]),
        )

    def where(self, chosen: NDArray[np.bool_] | _Integers) -> "HeldSamples":
        """Return the samples that a mask or positions select."""
        return HeldSamples(
            t=self.t[chosen],
            v=self.v[chosen],
            span=self.span[chosen],
            rank=self.rank[chosen],
            record=self.record[chosen],
            layer=self.layer[chosen],
        )

    def lasting(self, span: _Integers) -> "HeldSamples":
        """Return the samples with other spans."""
        return replace(self, span=span)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldPieces:
    """Pieces of intervals in order of layers and times; those of a layer do not overlap.

    `index` is the position of the sample that a piece is of; `v` its whole value, and `span` its
    whole length in ms. A piece is [start, start + held_ms) in epoch ms.
    """

    index: _Integers
    start: Instants
    held_ms: _Integers
    span: _Integers
    v: Values
    layer: _Integers


def held_pieces_of(held: HeldSamples) -> HeldPieces:
    """Return the pieces of samples that are in order of layers, and in each of increasing times.

    Where intervals of a layer overlap, the greater rank has the time, of equal ranks the shorter
    interval, of equally long ones the later.
    """
    index, start, held_ms = np.arange(len(held.t)), held.t, held.span
    ends = held.t + held.span
    over = _overlapping(held, ends)
    if bool(over.any()):
        pieces: list[_Piece] = []
        # Groups of intervals that overlap; most of them hold a single one.
        edges = [0, *(np.flatnonzero(~over) + 1).tolist(), len(held.t)]
        columns = held.t.tolist(), ends.tolist(), held.rank.tolist()
        for low, high in pairwise(edges):
            pieces += _swept(*columns, low, high)
        index, start, end = np.array(pieces, np.int64).T
        held_ms = end - start
    return HeldPieces(
        index=index,
        start=start,
        held_ms=held_ms,
        span=held.span[index],
        v=held.v[index],
        layer=held.layer[index],
    )


def _overlapping(held: HeldSamples, ends: Instants) -> NDArray[np.bool_]:
    """Return of each interval but the first whether an earlier one of its layer reaches into it."""
    same = held.layer[1:] == held.layer[:-1]
    # Without an overlap of neighbours there is none at all, and the rest need not be computed.
    if not bool((same & (held.t[1:] < ends[:-1])).any()):
        return np.zeros(len(same), np.bool_)
    # Layers are set apart by more than any time, so that none reaches into the next.
    apart = np.cumsum(np.append(0, ~same)) * _APART_MS
    reached = np.maximum.accumulate(ends + apart)[:-1]
    overlapping: NDArray[np.bool_] = (held.t + apart)[1:] < reached
    return overlapping


def _swept(
    starts: Sequence[int], ends: Sequence[int], ranks: Sequence[int], low: int, high: int
) -> Iterator[_Piece]:
    """Yield the pieces of the intervals [low, high), which overlap each other."""
    if high - low == 1:
        yield low, starts[low], ends[low]
        return
    open_: list[tuple[int, int, int, int]] = []  # the one that has the time comes first
    at, following = starts[low], low
    last: _Piece | None = None
    while open_ or following < high:
        while following < high and starts[following] <= at:
            length = ends[following] - starts[following]
            heappush(open_, (-ranks[following], length, -starts[following], following))
            following += 1
        while open_ and ends[open_[0][3]] <= at:
            heappop(open_)
        upcoming = starts[following] if following < high else _NEVER
        if not open_:
            at = upcoming
            continue
        index = open_[0][3]
        stop = min(ends[index], upcoming)
        if last is not None and last[0] == index and last[2] == at:
            last = index, last[1], stop
        else:
            if last is not None:
                yield last
            last = index, at, stop
        at = stop
    if last is not None:
        yield last
