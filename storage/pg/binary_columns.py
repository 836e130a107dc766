"""Converts columns of numbers between numpy and PostgreSQL's binary formats.

No Python object is made for a row. It has no SQL and does no I/O.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

from model.facts import Instants, Values

EPOCH_2000_MS = 946_684_800_000  # PostgreSQL counts microseconds from 2000-01-01
# signature, then flags and length of the extension, both 0
COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
# -1 as the number of fields ends the data
COPY_TAIL = b"\xff\xff"

# A row of `sample` in the format of binary COPY: the number of fields, then length and value of
# each field. Numbers are big-endian.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("n_patient", ">i4"),
        ("patient", ">i4"),
        ("n_metric", ">i4"),
        ("metric", ">i2"),
        ("n_source", ">i4"),
        ("source", ">i4"),
        ("n_span_ms", ">i4"),
        ("span_ms", ">i4"),
        ("n_record", ">i4"),
        ("record", ">i8"),
        ("n_time", ">i4"),
        ("time", ">i8"),
        ("n_value", ">i4"),
        ("value", ">f8"),
        ("n_revision", ">i4"),
        ("revision", ">i8"),
    ]
)
# as in `_ROW`
COLUMNS = ("patient", "metric", "source", "span_ms", "record", "time", "value", "revision")
_LENGTHS = {f"n_{name}": _ROW[name].itemsize for name in COLUMNS}

Rows: TypeAlias = NDArray[np.void]


def empty_rows(n: int) -> Rows:
    """Return `n` rows of `sample` with the lengths of the fields set and all values 0."""
    # the lengths are the same in every row, so one row is made and repeated
    template = np.zeros((), _ROW)
    template["fields"] = len(_LENGTHS)
    for name, length in _LENGTHS.items():
        template[name] = length
    return np.frombuffer(bytearray(template.tobytes()) * n, _ROW)  # faster than np.full: one memcpy


def microseconds(t: Instants) -> Instants:
    """Return epoch ms as PostgreSQL's microseconds since 2000."""
    return (t - EPOCH_2000_MS) * 1000


class _Raw(Loader):
    """Returns an array as the bytes that the server sent."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def arrays_as_bytes(cursor_or_connection: Any) -> None:  # noqa: ANN401 - what has adapters
    """Make a cursor with `binary=True` return arrays as bytes.

    `instants`, `integers` and `values` read these bytes.
    """
    for name in ("int8", "float8", "timestamptz"):
        array = cursor_or_connection.adapters.types[name].array_oid
        cursor_or_connection.adapters.register_loader(array, _Raw)


def instants(array: bytes | None) -> Instants:
    """Return the bytes of a timestamptz[] without nulls as int64[n] epoch ms, rounded down."""
    return integers(array) // 1000 + EPOCH_2000_MS


def integers(array: bytes | None) -> NDArray[np.int64]:
    """Return the bytes of a bigint[] without nulls as int64[n]."""
    return _items(array, ">i8").astype(np.int64)


def values(array: bytes | None) -> Values:
    """Return the bytes of a float8[] without nulls as float64[n]."""
    return _items(array, ">f8").astype(np.float64)


def _items(array: bytes | None, kind: str) -> NDArray[Any]:
    """Return the items of a one-dimensional array in the server's binary format.

    The format has the number of dimensions, the has-null flag and the type (12 bytes), then length
    and lower bound (8 bytes), then each item with its length. An empty array has no dimension.
    """
    item = np.dtype([("length", ">i4"), ("value", kind)])
    empty = array is None or int.from_bytes(array[:4], "big") == 0
    return np.frombuffer(b"" if empty or array is None else array[20:], dtype=item)["value"]
