"""What one definition message says about the bytes of the data messages that follow it.

The result depends on the definition's own bytes alone, so it is cached across files. It must never
depend on anything that another message states, and so developer field names are not resolved here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from parsers.fit import profile
from parsers.fit.profile import BYTES_KIND, NUMBER_KIND, TEXT_KIND, BaseType

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Field 253 is the timestamp of any message, known or not.
_EVERYWHERE = {
    profile.TIMESTAMP_FIELD: profile.Field("timestamp", NUMBER_KIND, 1.0, 0.0, position=False)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where the values of one field lie in a message, and how they are read.

    `at`: bytes after the record header; `size`: bytes; `items`: values per message; `slot`: index
    of its first value among the numbers of the layout (-1 for text and bytes). The value is stored
    / scale - offset. `dtype` is numpy's, with byte order. `native` is the profile's field that a
    developer field overrides, "" for none.
    """

    name: str
    kind: str
    at: int
    size: int
    items: int
    dtype: str
    invalid: int | None
    scale: float = 1.0
    offset: float = 0.0
    slot: int = -1
    position: bool = False
    native: str = ""

    def first(self, items: int = 1) -> Column:
        """Return the column of the first numbers only; texts and bytes are unchanged."""
        cut = self.kind == NUMBER_KIND and self.items > items
        return replace(self, items=items) if cut else self


@dataclass(frozen=True, slots=True, kw_only=True)
class DeveloperSlot:
    """A developer field of a definition; a `field_description` message, maybe later, names it."""

    index: int
    number: int
    at: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """A definition message, read.

    `numbers` unpacks all numeric values of one message in slot order; `invalid`, `scale` and
    `offset` are in the same order. `wide`: whether there are 64-bit integers, which float64 cannot
    hold.
    """

    number: int
    size: int
    order: str
    columns: dict[str, Column]
    developer: tuple[DeveloperSlot, ...]
    numbers: Struct
    invalid: NDArray[np.float64]
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    wide: bool


def column_of(
    base: BaseType,
    at: int,
    size: int,
    order: str,
    *,
    name: str,
    expected: str | None = None,
    slot: int = -1,
) -> Column:
    """Return the column of a field of `size` bytes at `at`.

    A size that is not a multiple of the base type gives plain bytes. The name ends in the kind
    (`heart_rate:bytes`) where the file's kind is not the profile's.
    """
    if size % base.size:
        base = profile.BYTE
    plain = base.kind == (expected or base.kind)
    return Column(
        name=name if plain else f"{name}:{base.kind}",
        kind=base.kind,
        at=at,
        size=size,
        items=size // base.size,
        dtype=base.numpy if base.size == 1 else order + base.numpy,
        invalid=base.invalid,
        slot=slot if base.kind == NUMBER_KIND else -1,
    )


def _scaled(column: Column, field: profile.Field) -> Column:
    return replace(column, scale=field.scale, offset=field.offset, position=field.position)


def _column(number: int, order: str, definition: bytes, at: int, slot: int) -> Column:
    field_number, size, code = definition
    base = profile.BASE_TYPES.get(code & 0x1F, profile.BYTE)
    field = profile.fields(number).get(field_number, _EVERYWHERE.get(field_number))
    if field is not None:
        return _scaled(
            column_of(base, at, size, order, name=field.name, expected=field.kind, slot=slot), field
        )
    column = column_of(base, at, size, order, name=f"unknown_{field_number}", slot=slot)
    # A field that no profile knows may be a position if it has the type of positions: undocumented
    # corners of laps are such fields.
    return _scaled(
        column, profile.Field(column.name, column.kind, 1.0, 0.0, position=base.numpy == "i4")
    )


def _developer(definition: bytes, at: int) -> tuple[DeveloperSlot, ...]:
    slots = []
    for p in range(0, len(definition), 3):
        number, size, index = definition[p : p + 3]
        if size:
            slots.append(DeveloperSlot(index=index, number=number, at=at, size=size))
        at += size
    return tuple(slots)


def _struct(order: str, columns: list[Column], size: int) -> Struct:
    letters = {
        base.numpy: base.struct for base in profile.BASE_TYPES.values() if base.kind == NUMBER_KIND
    }
    parts, at = [order], 0
    for column in columns:
        if column.kind == NUMBER_KIND:
            parts.append(f"{column.at - at}x{column.items}{letters[column.dtype.lstrip('<>')]}")
            at = column.at + column.size
    return Struct("".join([*parts, f"{size - at}x"]))


def _vector(columns: list[Column], attribute: str) -> NDArray[np.float64]:
    values: list[float] = []
    for column in columns:
        if column.kind == NUMBER_KIND:
            value = getattr(column, attribute)
            values += [np.nan if value is None else float(value)] * column.items
    return np.array(values, dtype=np.float64)


# The files of a maker define the same messages again and again.
@lru_cache(maxsize=512)
def read_layout(definition: bytes) -> Layout:
    """Read a definition message from its architecture byte on; the scan has checked its length."""
    # The architecture byte: 0 is little-endian.
    order = ">" if definition[0] else "<"
    number = int.from_bytes(definition[1:3], "big" if definition[0] else "little")
    end = 4 + 3 * definition[3]
    at = slot = 0
    columns: list[Column] = []
    for p in range(4, end, 3):
        size = definition[p + 1]
        if size:
            column = _column(number, order, definition[p : p + 3], at, slot)
            columns.append(column)
            slot += column.items if column.kind == NUMBER_KIND else 0
        at += size
    developer = _developer(definition[end + 1 :], at)
    total = at + sum(definition[end + 2 :: 3])
    # A definition may repeat a field; the first counts.
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(column.name, column)
    return Layout(
        number=number,
        size=total,
        order=order,
        columns=by_name,
        developer=developer,
        numbers=_struct(order, columns, total),
        invalid=_vector(columns, "invalid"),
        scale=_vector(columns, "scale"),
        offset=_vector(columns, "offset"),
        wide=any(column.dtype.endswith("8") and column.dtype[-2] in "iu" for column in columns),
    )


__all__ = [
    "BYTES_KIND",
    "NUMBER_KIND",
    "TEXT_KIND",
    "Column",
    "DeveloperSlot",
    "Layout",
    "column_of",
    "read_layout",
]
