"""Names and types of developer fields, from the `field_description` messages of the same segment.

Knows nothing beyond the segment it was given: a description in one file never names a field of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import profile
from .layout import Column, DeveloperSlot, column_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Table

PREFIX = "dev:"
_PLACE_WORDS = ("latitude", "longitude", "position_lat", "position_long")
_PLACE_UNITS = ("semicircles", "deg", "degree", "degrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One `field_description`: developer index and field number, name, base type code, units, and where it stood."""

    start: int
    index: int
    number: int
    name: str | None
    base: int | None
    units: str | None

    @property
    def position(self) -> bool:
        """Whether name or units say that this may be a place."""
        name, units = (self.name or "").lower(), (self.units or "").lower()
        return units in _PLACE_UNITS or any(word in name for word in _PLACE_WORDS) or name in ("lat", "lon", "lng")


def read_descriptions(tables: Sequence[Table]) -> list[Description]:
    """All descriptions of a segment in file order; those without an index or number are left out."""
    found = []
    for table in tables:
        columns = table.layout.columns
        values = {
            name: table.column(columns[name]).tolist() if name in columns else [None] * len(table)
            for name in ("developer_data_index", "field_definition_number", "fit_base_type_id", "field_name", "units")
        }
        for start, index, number, base, name, units in zip(table.starts.tolist(), *values.values(), strict=True):
            if _whole(index) is not None and _whole(number) is not None:
                found.append(
                    Description(
                        start=start, index=int(index), number=int(number), name=name, base=_whole(base), units=units
                    )
                )
    return sorted(found, key=lambda description: description.start)


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, float) and not np.isnan(value) else None


def _description_of(slot: DeveloperSlot, first: int, known: Sequence[Description]) -> Description | None:
    """Find the last description before the messages; if there is none, the first one after (some devices are late)."""
    same = [d for d in known if d.index == slot.index and d.number == slot.number]
    before = [d for d in same if d.start < first]
    return before[-1] if before else (same[0] if same else None)


def developer_columns(table: Table, known: Sequence[Description]) -> dict[str, Column]:
    """Columns of the developer fields of a stream, named `dev:<name>`, or `dev:<index>:<number>` while unnamed."""
    found: dict[str, Column] = {}
    for slot in table.layout.developer:
        description = _description_of(slot, int(table.starts[0]), known)
        unnamed = f"{PREFIX}{slot.index}:{slot.number}"
        name = f"{PREFIX}{description.name}" if description is not None and description.name else unnamed
        code = None if description is None else description.base
        base = profile.BYTE if code is None else profile.BASE_TYPES.get(code & 0x1F, profile.BYTE)
        column = column_of(base, slot.at, slot.size, table.layout.order, name=name)
        position = description is not None and description.position
        key = unnamed if name in found else name
        found[key] = Column(
            name=key,
            kind=column.kind,
            at=column.at,
            size=column.size,
            items=column.items,
            dtype=column.dtype,
            invalid=column.invalid,
            position=position,
        )
    return found
