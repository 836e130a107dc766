"""Takes out fields that are packed into other fields.

These are enhanced values, compressed speed and distance, and accumulated counters. The profile's
table of components drives it, without exceptions by name. Accumulated components continue from the
last full value of their target (`hr.event_timestamp_12` from `event_timestamp`), as the format
requires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.columns import Floats, widen
from parsers.fit.sequences import unwrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.fit.columns import Table
    from parsers.fit.layout import Column
    from parsers.fit.profile import Component

_MOST_COUNT = 2.0**53  # beyond, float64 has no exact integers
_WINDOW = 5  # bytes that hold any 32-bit component whatever its first bit


def _bits(stored: NDArray[np.uint8], part: Component) -> NDArray[np.int64]:
    """Return the component of every row of little-endian bytes (n, size), as (n,) int64."""
    first = part.shift // 8
    window = stored[:, first : first + _WINDOW].astype(np.int64)
    # Five bytes fit into int64, so the shifts cannot overflow.
    value = (window << (8 * np.arange(window.shape[1]))).sum(axis=1)
    bits: NDArray[np.int64] = (value >> (part.shift % 8)) & ((1 << part.bits) - 1)
    return bits


def expand(
    stored: NDArray[np.uint8],
    sizes: NDArray[np.int64],
    parts: tuple[Component, ...],
    full: Floats | None,
    segment: NDArray[np.int64],
) -> Floats:
    """Return the values of a target field from its components, NaN where invalid.

    The shape is (n,) for a single component, else (n, parts).

    `stored`: little-endian bytes of the source field (n, size), of which `sizes` (n,) are present;
    all 0xFF is invalid. `full`: values of the target itself (n,) or (n, k), from which accumulation
    continues. `segment`: the segment of each row.
    """
    # Shorter fields are padded with 0xFF, which may be stored too: `sizes` tells them apart.
    inside = np.arange(stored.shape[1]) < sizes[:, None]
    valid = ((stored != 0xFF) & inside).any(axis=1)  # noqa: PLR2004
    usable = [part for part in parts if part.shift + part.bits <= 8 * stored.shape[1]]
    if not usable:
        return np.full(len(stored), np.nan)
    values = np.stack([_bits(stored, part) for part in usable], axis=1)
    known = np.stack([valid & (8 * sizes >= part.shift + part.bits) for part in usable], axis=1)
    if usable[0].accumulate:
        values = _accumulate(values, known, usable[0], full, segment)
    scale = np.array([part.scale for part in usable])
    offset = np.array([part.offset for part in usable])
    out = np.where(known, values / scale - offset, np.nan)
    return out[:, 0] if len(parts) == 1 else out


def _accumulate(
    values: NDArray[np.int64],
    known: NDArray[np.bool_],
    part: Component,
    full: Floats | None,
    segment: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return absolute counters for wrapped counters (n, k).

    A full value in the same message precedes its components.
    """
    rows = len(values)
    seeds = (
        np.zeros((rows, 0))
        if full is None
        else widen(full, full.shape[1] if full.ndim > 1 else 1).reshape(rows, -1)
    )
    counts = np.round((seeds + part.offset) * part.scale)
    seeded = np.abs(counts) < _MOST_COUNT  # False for NaN
    together = np.concatenate([np.where(seeded, counts, 0).astype(np.int64), values], axis=1)
    there = np.concatenate([seeded, known], axis=1)
    is_full = np.zeros_like(there)
    is_full[:, : seeds.shape[1]] = True
    # Counters start again in each chained file.
    for index in np.unique(segment):
        chosen = there & (segment == index)[:, None]
        together[chosen], _ = unwrap(together[chosen], is_full[chosen], part.bits, start=0)
    return together[:, seeds.shape[1] :]


def component_bytes(table: Table, column: Column | None, size: int) -> NDArray[np.uint8]:
    """Return at most `size` bytes (n, k) of a field of every message; (n, 0) without the field.

    Components are numbered by bits in little-endian order, which is the order of the bytes here.
    """
    if column is None:
        return np.full((len(table), 0), 0xFF, dtype=np.uint8)
    stored = table.raw(column.at, column.size)
    big = column.dtype.startswith(">")
    return _little_endian(stored, int(column.dtype[-1]), big=big)[:, :size]


def _little_endian(stored: NDArray[np.uint8], item: int, *, big: bool) -> NDArray[np.uint8]:
    """Return rows (n, size) of items of `item` bytes as little-endian; `big` is their order now."""
    if not big or item == 1:
        return stored
    rows, size = stored.shape
    return stored.reshape(rows, size // item, item)[:, :, ::-1].reshape(rows, size)
