"""Full timestamps where a message holds only the low bits.

These are compressed record headers and `timestamp_16`. The reference is the last full `timestamp`
of any message before it in the same segment. A compressed time is never before its reference, as
the format says. A 16-bit time is the one nearest to the last known time: a device may write a value
of a minute ago after a message of now. Times are seconds since the FIT epoch. Without a reference
the time is unknown; no clock is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parsers.fit.columns import Floats, Table
from parsers.fit.layout import NUMBER_KIND
from parsers.fit.sequences import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TIMESTAMP, _SHORT = "timestamp", "timestamp_16"
_OFFSET_BITS, _SHORT_BITS = 5, 16
# Up to half a turn of the counter back, else forward.
_SHORT_BACK = (1 << (_SHORT_BITS - 1)) - 1
_END_OF_TIME = 2.0**32  # a FIT time has 32 bits

Stamps = tuple[NDArray[np.uint32], Floats]
"""Offsets of messages, ascending, and their full timestamps (NaN where unknown)."""


def _has(table: Table, name: str) -> bool:
    column = table.layout.columns.get(name)
    return column is not None and column.kind == NUMBER_KIND and column.items == 1


def _full(table: Table) -> Floats:
    return table.column(table.layout.columns[_TIMESTAMP]).astype(np.float64)


def _with_full_stamps(tables: Sequence[Table]) -> list[tuple[Table, Floats]]:
    """Return the tables that have a full timestamp, each with that column."""
    return [(table, _full(table)) for table in tables if _has(table, _TIMESTAMP)]


def _offsets(data: bytes, table: Table) -> Floats:
    headers = np.frombuffer(data, dtype=np.uint8)[table.starts]
    # The low five bits of a compressed header are the low bits of the time.
    return (headers & 0x1F).astype(np.float64)


def _resolve(
    full: Sequence[tuple[Table, Floats]],
    short: Sequence[tuple[Table, Floats]],
    bits: int,
    back: int = 0,
) -> Stamps:
    starts = np.concatenate([table.starts for table, _ in (*full, *short)])
    values = np.concatenate([values for _, values in (*full, *short)])
    values[~((values >= 0) & (values < _END_OF_TIME))] = np.nan  # a time may have any type
    is_full = np.arange(len(values)) < sum(len(values) for _, values in full)
    order = np.argsort(starts, kind="stable")
    # An unknown time is no reference for those after it.
    order = order[~np.isnan(values[order])]
    counts = values[order].astype(np.int64)
    stamps, known = unwrap(counts, is_full[order], bits, start=None, back=back)
    wanted = ~is_full[order]
    return starts[order][wanted], np.where(known, stamps, np.nan)[wanted]


def compressed_stamps(data: bytes, tables: Sequence[Table]) -> Stamps:
    """Return the timestamps of all messages of one segment that have a compressed header.

    A message that has a full timestamp as well keeps that and is left out.
    """
    full = _with_full_stamps(tables)
    short = [
        (table, _offsets(data, table))
        for table in tables
        if table.stream.compressed and not _has(table, _TIMESTAMP)
    ]
    return _resolve(full, short, _OFFSET_BITS) if short else _nothing()


def short_stamps(tables: Sequence[Table]) -> Stamps:
    """Return the timestamps of the messages of one segment that only have `timestamp_16`.

    Messages with a valid full timestamp are left out.
    """
    full = _with_full_stamps(tables)
    short = []
    for table in tables:
        if _has(table, _SHORT):
            low = table.column(table.layout.columns[_SHORT]).astype(np.float64)
            if _has(table, _TIMESTAMP):
                low[~np.isnan(_full(table))] = np.nan
            short.append((table, low))
    return _resolve(full, short, _SHORT_BITS, _SHORT_BACK) if short else _nothing()


def _nothing() -> Stamps:
    return np.zeros(0, dtype=np.uint32), np.zeros(0)


def fill_stamps(stamps: Floats, starts: NDArray[np.uint32], resolve: Callable[[], Stamps]) -> None:
    """Fill the NaN of `stamps`, in place; `starts` has the offset of each message, ascending."""
    empty = np.flatnonzero(np.isnan(stamps))
    if not len(empty):
        return
    known_starts, known = resolve()
    position = np.searchsorted(known_starts, starts[empty])
    matches = position < len(known_starts)
    matches[matches] = known_starts[position[matches]] == starts[empty][matches]
    stamps[empty[matches]] = known[position[matches]]
