"""Names and types of developer fields, from the `field_description` messages of the same segment.

Nothing beyond the given segment counts: a description in one file never names a field of another.
A description may say that its field overrides one of the profile, as a sensor's application does.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from parsers.fit import profile
from parsers.fit.layout import NUMBER_KIND, Column, DeveloperSlot, column_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.fit.columns import Table

PREFIX = "dev:"
# A developer may record positions under any name; what looks like one is treated as one.
_POSITION_WORDS = ("latitude", "longitude", "position_lat", "position_long")
_POSITION_UNITS = ("semicircles", "deg", "degree", "degrees")

# Applications for sensors that name no field of the profile call the heart rate by its name.
_HEART_NAMES, _HEART_UNITS = ("heart_rate", "heartrate", "hr"), ("bpm", "beats/min")
_RECORD, _HEART_RATE = 20, 3  # the message and the field of the profile


@dataclass(frozen=True, slots=True, kw_only=True)
class _Description:
    """A `field_description`: developer index, field number, name, base type code and units.

    `start` is the offset of the message. `native_message` and `native_field` number the profile's
    field that the developer field overrides. The value is stored / `scale` - `offset`.
    """

    start: int
    index: int
    number: int
    name: str | None
    base: int | None
    units: str | None
    scale: float
    offset: float
    native_message: int | None
    native_field: int | None

    @property
    def position(self) -> bool:
        """Whether name or units suggest that this may be a position."""
        name, units = (self.name or "").lower(), (self.units or "").lower()
        return (
            units in _POSITION_UNITS
            or any(word in name for word in _POSITION_WORDS)
            or name in ("lat", "lon", "lng")
        )

    @property
    def overridden_field(self) -> int | None:
        """The number of the profile's field that it overrides, None for a field of its own."""
        name, units = (self.name or "").lower(), (self.units or "").lower()
        is_heart = name.strip().replace(" ", "_") in _HEART_NAMES and units.strip() in _HEART_UNITS
        if self.native_field is None and is_heart and self.native_message in (None, _RECORD):
            return _HEART_RATE
        return self.native_field


Known: TypeAlias = dict[tuple[int, int], list[_Description]]
"""Descriptions of a segment by developer index and field number, each list in file order."""


def read_descriptions(tables: Sequence[Table]) -> Known:
    """Read the descriptions of a segment; those without an index or number are left out."""
    descriptions: list[_Description] = []
    for table in tables:
        descriptions += _read(table)
    known: Known = {}
    for description in sorted(descriptions, key=_start):
        known.setdefault((description.index, description.number), []).append(description)
    return known


def _start(description: _Description) -> int:
    return description.start


def _read(table: Table) -> Iterator[_Description]:
    columns = table.layout.columns
    values = [
        table.column(columns[name]).tolist() if name in columns else [None] * len(table)
        for name in (
            "developer_data_index",
            "field_definition_number",
            "fit_base_type_id",
            "field_name",
            "units",
            "scale",
            "offset",
            "native_mesg_num",
            "native_field_num",
        )
    ]
    for start, named_index, named_number, base, name, units, scale, offset, message, field in zip(
        table.starts.tolist(), *values, strict=True
    ):
        index, number = _in_full(named_index), _in_full(named_number)
        if index is not None and number is not None:
            yield _Description(
                start=start,
                index=index,
                number=number,
                name=name,
                base=_in_full(base),
                units=units,
                scale=_in_full(scale) or 1,  # a scale of 0 is none
                offset=_in_full(offset) or 0,
                native_message=_in_full(message),
                native_field=_in_full(field),
            )


def _in_full(value: object) -> int | None:
    return int(value) if isinstance(value, float) and math.isfinite(value) else None


def _description_of(slot: DeveloperSlot, first: int, known: Known) -> _Description | None:
    """Return the last description before the messages, else the first after them.

    Some devices write a description only after the first messages that need it.
    """
    same = known.get((slot.index, slot.number), [])
    before = bisect_left(same, first, key=_start)
    return same[max(before - 1, 0)] if same else None


def developer_columns(table: Table, known: Known) -> dict[str, Column]:
    """Return the developer fields of a stream by name.

    The name is `dev:<name>`, or `dev:<index>:<number>` where no description names the field.
    """
    values: dict[str, Column] = {}
    for slot in table.layout.developer:
        description = _description_of(slot, int(table.starts[0]), known)
        unnamed = f"{PREFIX}{slot.index}:{slot.number}"
        name = (
            f"{PREFIX}{description.name}"
            if description is not None and description.name
            else unnamed
        )
        code = None if description is None else description.base
        # Without a description the type is not known, and the bytes stay plain.
        base = profile.BYTE if code is None else profile.BASE_TYPES.get(code & 0x1F, profile.BYTE)
        column = column_of(base, slot.at, slot.size, table.layout.order, name=name)
        position = description is not None and description.position
        # Two applications may choose the same name; the later field keeps its numbers as a name.
        key = unnamed if name in values else name
        native = _native(description, table.stream.number) if column.kind == NUMBER_KIND else ""
        column = replace(column, name=key, position=position, native=native)
        if description is not None and column.kind == NUMBER_KIND:
            column = replace(column, scale=description.scale, offset=description.offset)
        values[key] = column
    return values


def _native(description: _Description | None, message: int) -> str:
    """Return the name of the profile's number that a developer field of a message overrides."""
    number = None if description is None else description.overridden_field
    if description is None or number is None:
        return ""
    if description.native_field is None and message != _RECORD:
        return ""
    # Older applications name the field only; it is one of the message that has their field.
    if description.native_message not in (None, message):
        return ""
    if number == profile.TIMESTAMP_FIELD:
        return ""
    field = profile.fields(message).get(number)
    return "" if field is None or field.position or field.kind != NUMBER_KIND else field.name
