"""Values of the messages of one definition, as columns in message order.

Bytes are read only where the scan located messages. Numbers are float64 with NaN for "invalid"
(64-bit integers lose the digits that float64 cannot hold). Texts are objects (str or None), and
bytes are uint8 rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from parsers.fit.layout import BYTES_KIND, NUMBER_KIND, TEXT_KIND, Column, Layout, read_layout

if TYPE_CHECKING:
    from parsers.fit.scan import Stream

Floats: TypeAlias = NDArray[np.float64]
AnyColumn: TypeAlias = NDArray[Any]

# Up to this many messages, unpacking all numbers at once beats one array expression a column.
_FEW = 48


class Table:
    """Columns of one stream; each is computed at its first use."""

    __slots__ = ("_data", "_few", "_matrix", "_rows", "layout", "starts", "stream")

    def __init__(self, data: bytes, stream: Stream) -> None:
        self._data = data
        self.stream = stream
        self.layout: Layout = read_layout(stream.definition)
        self.starts: NDArray[np.uint32] = np.frombuffer(stream.starts, dtype=np.uint32)
        self._few = len(stream.starts) <= _FEW and not self.layout.wide
        self._rows: NDArray[np.void] | None = None
        self._matrix: Floats | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def column(self, column: Column) -> AnyColumn:
        """Return the values of a column.

        Numbers are float64 (n,) or (n, items), texts object (n,), bytes uint8 (n, size).
        """
        if column.kind == NUMBER_KIND:
            if self._few and column.slot >= 0:
                return self._unpacked(column)
            return _physical(self._view(column.dtype, column.at, column.items), column)
        if column.kind == TEXT_KIND:
            return self._texts(column)
        return self.raw(column.at, column.size)

    def raw(self, at: int, size: int) -> NDArray[np.uint8]:
        """Return the `size` stored bytes at `at` of every message, (n, size)."""
        return self._view("u1", at, size)

    def _view(self, dtype: str, at: int, items: int) -> AnyColumn:
        rows = self._gather()
        form = np.dtype(dtype)
        return np.ndarray(
            (len(rows), items), form, buffer=rows, offset=at, strides=(rows.itemsize, form.itemsize)
        )

    def _gather(self) -> NDArray[np.void]:
        """Copy the messages together, so that every field lies at a constant stride."""
        if self._rows is None:
            size = self.layout.size
            # A view with a row at each byte of the input (stride 1): taking rows copies messages.
            every_offset: NDArray[np.void] = np.ndarray(
                (len(self._data) - size + 1,), f"V{size}", buffer=self._data, strides=(1,)
            )
            # A message begins behind its record header, which has one byte.
            self._rows = every_offset[self.starts.astype(np.intp) + 1]
        return self._rows

    def _unpacked(self, column: Column) -> Floats:
        matrix = self._unpack() if self._matrix is None else self._matrix
        if column.items == 1:
            return matrix[:, column.slot]
        return matrix[:, column.slot : column.slot + column.items]

    def _unpack(self) -> Floats:
        layout, data, unpack = self.layout, self._data, self.layout.numbers.unpack_from
        matrix = np.array(
            [unpack(data, start + 1) for start in self.stream.starts], dtype=np.float64
        )
        matrix[matrix == layout.invalid] = np.nan
        matrix /= layout.scale
        matrix -= layout.offset
        self._matrix = matrix
        return matrix

    def _texts(self, column: Column) -> AnyColumn:
        data, out = self._data, np.empty(len(self.starts), dtype=object)
        # Most texts of a file repeat, such as the name of a sensor.
        seen: dict[bytes, str | None] = {}
        for i, start in enumerate(self.stream.starts):
            at = start + 1 + column.at
            stored = data[at : at + column.size]
            if stored not in seen:
                seen[stored] = _text_of(stored)
            out[i] = seen[stored]
        return out


def _text_of(stored: bytes) -> str | None:
    """Return the text up to the first zero byte, None when empty; broken UTF-8 is replaced."""
    return stored.split(b"\0", 1)[0].decode("utf-8", "replace") or None


def _physical(stored: AnyColumn, column: Column) -> Floats:
    if column.items == 1:
        stored = stored[:, 0]
    # a float of noise may be a signalling NaN, which is no number like any other NaN
    with np.errstate(invalid="ignore"):
        values = stored.astype(np.float64)
    if column.invalid is not None:
        # Up to 32 bits float64 is exact, and comparing its contiguous values is faster than
        # comparing the strided bytes. Wider integers must be compared before they are rounded.
        bad = (
            stored == column.invalid
            if stored.itemsize > 4  # noqa: PLR2004
            else values == column.invalid
        )
        if bad.any():
            values[bad] = np.nan
    if column.scale != 1.0:
        values /= column.scale
    if column.offset:
        values -= column.offset
    return values


def missing(kind: str, rows: int, items: int) -> AnyColumn:
    """Return a column without any value: NaN, None or 0xFF, in the shape of `Table.column`."""
    if kind == TEXT_KIND:
        return np.full(rows, None, dtype=object)
    if kind == BYTES_KIND:
        return np.full((rows, items), 0xFF, dtype=np.uint8)
    return np.full(rows if items == 1 else (rows, items), np.nan)


def widen(values: AnyColumn, items: int) -> AnyColumn:
    """Return a column with `items` values a row, padded with NaN (numbers) or 0xFF (bytes)."""
    if items == 1 and values.ndim == 1:
        return values
    rows = values.reshape(len(values), -1)
    if rows.shape[1] == items:
        return rows
    fill = 0xFF if values.dtype == np.uint8 else np.nan
    wide = np.full((len(rows), items), fill, dtype=values.dtype)
    wide[:, : rows.shape[1]] = rows
    return wide
