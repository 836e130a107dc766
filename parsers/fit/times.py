"""Full timestamps where a message holds only part of one: compressed record headers and `timestamp_16`.

The reference is the last full `timestamp` of any message before it in the same segment. Seconds since the FIT epoch;
no clock, and no guess where no reference was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parsers.fit.columns import Floats, Table
from parsers.fit.layout import NUMBER
from parsers.fit.sequences import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TIMESTAMP, _SHORT = "timestamp", "timestamp_16"
_OFFSET_BITS, _SHORT_BITS = 5, 16
_END_OF_TIME = 2.0**32

Stamps = tuple[NDArray[np.uint32], Floats]
"""Offsets of messages, ascending, and their full timestamps (NaN where unknown)."""


def _has(table: Table, name: str) -> bool:
    column = table.layout.columns.get(name)
    return column is not None and column.kind == NUMBER and column.items == 1


def _full(table: Table) -> Floats:
    return table.column(table.layout.columns[_TIMESTAMP]).astype(np.float64)


def _offsets(data: bytes, table: Table) -> Floats:
    headers = np.frombuffer(data, dtype=np.uint8)[table.starts]
    return (headers & 0x1F).astype(np.float64)


def _resolve(
    full: Sequence[tuple[Table, Floats]], short: Sequence[tuple[Table, Floats]], bits: int
) -> Stamps:
    starts = np.concatenate([table.starts for table, _ in (*full, *short)])
    values = np.concatenate([values for _, values in (*full, *short)])
    values[~((values >= 0) & (values < _END_OF_TIME))] = np.nan  # a file may give a time any type
    is_full = np.arange(len(values)) < sum(len(values) for _, values in full)
    order = np.argsort(starts, kind="stable")
    order = order[~np.isnan(values[order])]
    stamps, known = unwrap(values[order].astype(np.int64), is_full[order], bits, start=None)
    wanted = ~is_full[order]
    return starts[order][wanted], np.where(known, stamps, np.nan)[wanted]


def compressed_stamps(data: bytes, tables: Sequence[Table]) -> Stamps:
    """Timestamps of all messages of one segment that came under a compressed header (a full field goes first)."""
    full = [(table, _full(table)) for table in tables if _has(table, _TIMESTAMP)]
    short = [
        (table, _offsets(data, table))
        for table in tables
        if table.stream.compressed and not _has(table, _TIMESTAMP)
    ]
    return _resolve(full, short, _OFFSET_BITS) if short else _nothing()


def short_stamps(tables: Sequence[Table]) -> Stamps:
    """Timestamps of all messages of one segment that carry a valid `timestamp_16` and no valid full timestamp."""
    full = [(table, _full(table)) for table in tables if _has(table, _TIMESTAMP)]
    short = []
    for table in tables:
        if _has(table, _SHORT):
            low = table.column(table.layout.columns[_SHORT]).astype(np.float64)
            if _has(table, _TIMESTAMP):
                low[~np.isnan(_full(table))] = np.nan
            short.append((table, low))
    return _resolve(full, short, _SHORT_BITS) if short else _nothing()


def _nothing() -> Stamps:
    return np.zeros(0, dtype=np.uint32), np.zeros(0)


def fill_stamps(stamps: Floats, starts: NDArray[np.uint32], resolve: Callable[[], Stamps]) -> None:
    """Put resolved timestamps where `stamps` (same order as `starts`, ascending) has none."""
    empty = np.flatnonzero(np.isnan(stamps))
    if not len(empty):
        return
    known_starts, known = resolve()
    position = np.searchsorted(known_starts, starts[empty])
    matches = position < len(known_starts)
    matches[matches] = known_starts[position[matches]] == starts[empty][matches]
    stamps[empty[matches]] = known[position[matches]]
