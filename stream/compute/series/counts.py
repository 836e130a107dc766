"""Spreads counts evenly over the minutes for which they hold. Pure.

A count (steps, energy) holds over an interval, and two sources can only be compared by the minutes
that they cover. A phone that says "800 from 08:00 to 08:10" and a watch that says 90 in each of
these minutes count the same steps. Sums stay as they are.

Where a source states no end, its count holds until its next count, else as long as the one before,
and never longer than ten minutes. So the parts within an hour depend on the counts that hold into
it and on those up to `BESIDE_MS` beside it (`model.fact_properties`), and on nothing else.

Where counts of a stream overlap, as when a window is sent again with other edges, each instant
belongs to one of them: that of the greater version, of equal versions the shorter, of equally long
ones the later. What is left of the others keeps its share. Records are statements of their own:
where those of a source overlap, their counts are added, as the types of activity of a time are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS
from model.columns.runs import is_run_end, is_run_start
from model.columns.window import SampleColumn
from model.facts import Instants, Values
from model.metrics import GUESSED_INTERVAL_MS, METRIC, Holding
from stream.compute.series.held_pieces import HeldPieces, HeldSamples, held_pieces_of

_Integers = NDArray[np.int64]
_STREAM = 0  # the layer of samples without a record, and of records that state no end


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpreadCounts:
    """Counts as parts, each within one minute of the clock.

    `t` int64[n] epoch ms, strictly increasing, is where a part begins; `v` float64[n] its share.
    `cover` int64[n] is how much of its minute it holds for, in ms, and `length` int64[n] how long
    the complete count holds.
    """

    t: Instants
    v: Values
    cover: _Integers
    length: _Integers


def are_counts(columns: Sequence[SampleColumn]) -> bool:
    """Return whether the samples of these columns, all of one metric, are counts or states."""
    holding = METRIC[columns[0].metric].holding
    if holding is Holding.INSTANT:
        return False
    # Distance in a workout's stream is a running total, which no interval is stated for.
    return holding is not Holding.STRETCH or any(map(_states_ends, columns))


def spread_counts(columns: Sequence[SampleColumn]) -> SpreadCounts:
    """Return the counts of one metric and source, spread over the minutes of the clock.

    The parts of a count add up to it. A count without a stated end that holds for at most a minute
    stays at its instant, and longer ones are cut a minute apart from there.
    """
    holding = METRIC[columns[0].metric].holding
    held = _held(columns)
    guessed = held.span == 0
    if holding is Holding.COUNT:
        held = held.lasting(np.where(guessed, _guessed(held), held.span))
    if bool(guessed.all()) and int(held.span.max(initial=0)) <= MINUTE_MS:
        cover = held.span if holding is Holding.COUNT else np.full(len(held.t), MINUTE_MS)
        return SpreadCounts(t=held.t, v=held.v, cover=cover, length=held.span)
    parts, layer = _parts(held_pieces_of(held), guessed, holding)
    return parts if bool((layer == layer[0]).all()) else _added(parts, layer)


def _states_ends(column: SampleColumn) -> bool:
    return column.until is not None and bool((column.until > column.t).any())


def _held(columns: Iterable[SampleColumn]) -> HeldSamples:
    """Return the counts in order of their layers and times, one for each instant of a layer.

    The stream is a layer, and so is each record that states ends.
    """
    parts: list[HeldSamples] = []
    record, number = "", _STREAM
    for column in sorted(columns, key=lambda column: column.record):
        number += column.record != record
        record = column.record
        parts.append(_of_column(column, number))
    held = parts[0] if len(parts) == 1 else HeldSamples.joined(parts)
    same = held.layer[1:] == held.layer[:-1]
    if bool(same.all() and (held.t[1:] > held.t[:-1]).all()):  # the usual case
        return held
    # A sample may be given twice, where the spans that were read lie close together.
    held = held.where(np.lexsort((held.span, held.v, held.record, held.t, held.layer)))
    return held.where(is_run_end(held.t) | is_run_end(held.layer))


def _of_column(column: SampleColumn, record: int) -> HeldSamples:
    n = len(column.t)
    span = column.ends - column.t
    of_record = np.full(n, record)
    return HeldSamples(
        t=column.t,
        v=column.v,
        span=span,
        rank=np.zeros(n, np.int64) if column.ranks is None else column.ranks,
        record=of_record,
        layer=np.where(span > 0, of_record, _STREAM),
    )


def _guessed(held: HeldSamples) -> _Integers:
    """Return for how long each count holds by its neighbours in the same layer, in ms."""
    gaps = np.diff(held.t)
    near = (held.layer[1:] == held.layer[:-1]) & (gaps <= GUESSED_INTERVAL_MS)
    holds = np.full(len(held.t), GUESSED_INTERVAL_MS, np.int64)
    # The gap to the next count is the better evidence, so it is written last.
    holds[1:][near] = gaps[near]
    holds[:-1][near] = gaps[near]
    return holds


def _parts(
    pieces: HeldPieces, guessed: NDArray[np.bool_], holding: Holding
) -> tuple[SpreadCounts, _Integers]:
    """Return the parts of pieces, in their order, and the layer of each."""
    end = pieces.start + pieces.held_ms
    # a guessed piece is cut from its own start, a stated one where minutes begin
    is_uncut = guessed[pieces.index] & (pieces.held_ms == pieces.span)
    first = np.where(is_uncut, pieces.start, pieces.start // MINUTE_MS * MINUTE_MS)
    n = np.maximum(-(-(end - first) // MINUTE_MS), 1)
    piece = np.repeat(np.arange(len(n)), n)
    begins = first[piece] + (np.arange(len(piece)) - np.repeat(np.cumsum(n) - n, n)) * MINUTE_MS
    t = np.maximum(begins, pieces.start[piece])
    cover = np.minimum(begins + MINUTE_MS, end[piece]) - t
    v, span = pieces.v[piece], pieces.span[piece]
    if holding is not Holding.STATE:
        share = np.where(is_uncut[piece], v / n[piece], v * cover / np.maximum(span, 1))
        v = np.where(span > 0, share, v)
    cover = np.where(span > 0, cover, MINUTE_MS)
    return SpreadCounts(t=t, v=v, cover=cover, length=span), pieces.layer[piece]


def _added(parts: SpreadCounts, layer: _Integers) -> SpreadCounts:
    """Return the parts of all layers; those of a minute with several layers become one part."""
    order = np.lexsort((layer, parts.t))
    t, layer = parts.t[order], layer[order]
    is_first = is_run_start(t // MINUTE_MS)
    begins = np.flatnonzero(is_first)
    mixed = np.minimum.reduceat(layer, begins) != np.maximum.reduceat(layer, begins)
    # What a minute gives must not depend on other minutes, so all others stay as they are.
    first = np.flatnonzero(is_first | ~mixed[np.cumsum(is_first) - 1])
    cover = np.add.reduceat(parts.cover[order], first)
    return SpreadCounts(
        t=t[first],
        v=np.add.reduceat(parts.v[order], first),
        cover=np.minimum(cover, MINUTE_MS),
        length=np.minimum.reduceat(parts.length[order], first),
    )
