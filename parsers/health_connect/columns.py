"""Rows of SQLite as columns, and columns in groups that end where their content says so. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants
from model.storable import LONGEST_WORD

StoredColumn: TypeAlias = NDArray[Any]
"""int64 or float64 where all values are such numbers, else object."""
StoredColumns: TypeAlias = tuple[StoredColumn, ...]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # an odd number: a product with it mixes all bits

_LEAST_SHARE = 64  # of the usual rows of a group: it has so many before it ends by its content


def columns_of(rows: Sequence[Sequence[Any]]) -> StoredColumns:
    """Return rows, of which there is at least one, as columns."""
    return tuple(map(stored_column, zip(*rows, strict=True)))


def stored_column(values: Sequence[Any]) -> StoredColumn:
    """Return values as a column; OverflowError for whole numbers that SQLite does not have."""
    types = set(map(type, values))
    if types == {int}:
        return np.fromiter(values, np.int64, len(values))
    if types == {float}:
        return np.fromiter(values, np.float64, len(values))
    return np.fromiter(map(plain_value, values), object, len(values))


def plain_value(value: Any) -> Any:  # noqa: ANN401 - as SQLite holds it
    """Return a number, a short text or a list as it is, and None for what no field can be.

    SQLite holds no lists: they are parts of a record that were read for it.
    """
    is_text = isinstance(value, str) and len(value) <= LONGEST_WORD
    return value if is_text or isinstance(value, (int, float, list)) else None


def codes_of(column: StoredColumn) -> Instants:
    """Return a number for each value of a column as int64, equal for equal values only."""
    if column.dtype == np.int64:
        return column
    codes: dict[Any, int] = {}
    coded = (codes.setdefault(_hashable(value), len(codes)) for value in column.tolist())
    return np.fromiter(coded, np.int64, len(column))


def _hashable(value: object) -> object:
    return repr(value) if isinstance(value, list) else value


def cut_by_content(
    chunks: Iterable[StoredColumns], time_at: int, most: int, usual: int
) -> Iterator[StoredColumns]:
    """Yield columns in groups of at most `most` rows, about `usual` of them (a power of two).

    A group ends behind a row whose time has a hash that begins with zeros, wherever it lies; so
    equal rows make equal groups in two exports. Times may be chosen, or all be 0, so a group has
    some rows before it ends there.
    """
    least = usual // _LEAST_SHARE
    waiting: list[StoredColumns] = []
    count = 0
    for chunk in chunks:
        at, size = 0, len(chunk[0])
        ends = set(_ends(chunk[time_at], usual))
        for end in sorted({*ends, size}):
            while at < end:
                step = min(end - at, most - count)
                waiting.append(_part(chunk, at, at + step))
                at, count = at + step, count + step
                if count == most or (at in ends and count >= least):
                    yield _joined(waiting)
                    waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _part(columns: StoredColumns, start: int, end: int) -> StoredColumns:
    return tuple(column[start:end] for column in columns)


def _joined(parts: Sequence[StoredColumns]) -> StoredColumns:
    return parts[0] if len(parts) == 1 else tuple(map(_concatenated, zip(*parts, strict=True)))


def _concatenated(parts: Sequence[StoredColumn]) -> StoredColumn:
    if len({part.dtype for part in parts}) == 1:
        return np.concatenate(parts)
    # numpy would make floats of whole numbers
    return np.concatenate([np.fromiter(part.tolist(), object, len(part)) for part in parts])


def _ends(times: StoredColumn, usual: int) -> list[int]:
    numbers = times
    if times.dtype != np.int64:
        known = (time if type(time) is int else 0 for time in times.tolist())
        numbers = np.fromiter(known, np.int64, len(times))
    # Seen as unsigned, because the product wraps around.
    mixed = numbers.view(np.uint64) * _GOLDEN
    zeros = mixed >> np.uint64(64 - (usual.bit_length() - 1)) == 0
    # the product of 0 is 0, and what is no time is 0 here: half a million rows would all be ends
    ends: list[int] = (np.flatnonzero(zeros & (numbers != 0)) + 1).tolist()
    return ends
