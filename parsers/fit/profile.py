"""The FIT profile as plain look-ups over the tables of the `fitdecode` package (MIT).

Only the tables of the package are used, never its reader, and nothing is added to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from fitdecode.profile import FIELD_TYPES, MESSAGE_TYPES

TIMESTAMP_FIELD = 253
# numbers of messages in the profile
FILE_ID, ACTIVITY, MONITORING, HRV, HR, FIELD_DESCRIPTION = 0, 34, 55, 78, 132, 206


@dataclass(frozen=True, slots=True)
class BaseType:
    """A FIT base type: kind of column, numpy and struct codes, size in bytes, "invalid" value."""

    kind: str
    numpy: str
    struct: str
    size: int
    invalid: int | None


NUMBER_KIND, TEXT_KIND, BYTES_KIND = "number", "text", "bytes"
BYTE = BaseType(BYTES_KIND, "u1", "B", 1, 0xFF)
# Keyed by the low five bits: some writers leave the endian bit of the base type out.
BASE_TYPES = {
    0: BaseType(NUMBER_KIND, "u1", "B", 1, 0xFF),
    1: BaseType(NUMBER_KIND, "i1", "b", 1, 0x7F),
    2: BaseType(NUMBER_KIND, "u1", "B", 1, 0xFF),
    3: BaseType(NUMBER_KIND, "i2", "h", 2, 0x7FFF),
    4: BaseType(NUMBER_KIND, "u2", "H", 2, 0xFFFF),
    5: BaseType(NUMBER_KIND, "i4", "i", 4, 0x7FFFFFFF),
    6: BaseType(NUMBER_KIND, "u4", "I", 4, 0xFFFFFFFF),
    7: BaseType(TEXT_KIND, "u1", "s", 1, None),
    8: BaseType(NUMBER_KIND, "f4", "f", 4, None),
    9: BaseType(NUMBER_KIND, "f8", "d", 8, None),
    10: BaseType(NUMBER_KIND, "u1", "B", 1, 0),
    11: BaseType(NUMBER_KIND, "u2", "H", 2, 0),
    12: BaseType(NUMBER_KIND, "u4", "I", 4, 0),
    13: BYTE,
    14: BaseType(NUMBER_KIND, "i8", "q", 8, 0x7FFFFFFFFFFFFFFF),
    15: BaseType(NUMBER_KIND, "u8", "Q", 8, 0xFFFFFFFFFFFFFFFF),
    16: BaseType(NUMBER_KIND, "u8", "Q", 8, 0),
}


@dataclass(frozen=True, slots=True)
class Component:
    """A component: `bits` bits of the source field, from bit `shift` on.

    The value of the target field is value / scale - offset.
    """

    shift: int
    bits: int
    scale: float
    offset: float
    accumulate: bool


@dataclass(frozen=True, slots=True)
class Expansion:
    """How the field `source` gives values of another; `same`: its value is used unchanged."""

    source: str
    parts: tuple[Component, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A profile field: value = stored / scale - offset. `position`: latitude or longitude."""

    name: str
    kind: str
    scale: float
    offset: float
    position: bool


def _kind(raw: Any) -> str:  # noqa: ANN401 - a table entry of an untyped package
    base = raw.type if raw.is_base_type else raw.type.base_type
    return BASE_TYPES[base.identifier & 0x1F].kind


@cache
def fields(number: int) -> dict[int, Field]:
    """Return the fields of a message by field number; empty for a message not in the profile."""
    message = MESSAGE_TYPES.get(number)
    if message is None:
        return {}
    return {
        raw.def_num: Field(
            name=raw.name,
            kind=_kind(raw),
            # The tables have None where the profile leaves a scale or an offset empty.
            scale=float(raw.scale or 1),
            offset=float(raw.offset or 0),
            position=raw.units == "semicircles",
        )
        for raw in message.fields.values()
    }


@cache
def message_name(number: int) -> str:
    """Return the name of a message number, `unknown_<number>` where the profile has none."""
    message = MESSAGE_TYPES.get(number)
    return f"unknown_{number}" if message is None else str(message.name)


@cache
def _numbers() -> dict[str, int]:
    return {message.name: number for number, message in MESSAGE_TYPES.items()}


def message_number(name: str | int) -> int:
    """Return the number of a message by name, number or `unknown_<number>`; KeyError if unknown."""
    if isinstance(name, int):
        return name
    if name.startswith("unknown_") and name[8:].isdigit():
        return int(name[8:])
    return _numbers()[name]


def _same(raw: Any) -> bool:  # noqa: ANN401
    # True if the only component is the entire field with the same scale: no bits are taken out.
    if len(raw.components) != 1:
        return False
    (only,) = raw.components
    base = raw.type if raw.is_base_type else raw.type.base_type
    units = (only.scale or 1, only.offset or 0) == (raw.scale or 1, raw.offset or 0)
    return bool(
        not only.accumulate and only.bits == 8 * base.size and units and _kind(raw) == NUMBER_KIND
    )


@cache
def expansions(number: int) -> dict[str, tuple[Expansion, ...]]:
    """Return the fields whose components give a target field, by the name of the target."""
    values: dict[str, list[Expansion]] = {}
    message = MESSAGE_TYPES.get(number)
    for raw in message.fields.values() if message else ():
        # A target may have several components in one field; each target is taken once, in order.
        for target in dict.fromkeys(component.name for component in raw.components or ()):
            parts = tuple(
                Component(
                    c.bit_offset,
                    c.bits,
                    float(c.scale or 1),
                    float(c.offset or 0),
                    bool(c.accumulate),
                )
                for c in raw.components
                if c.name == target
            )
            values.setdefault(target, []).append(Expansion(raw.name, parts, _same(raw)))
    return {target: tuple(sources) for target, sources in values.items()}


@cache
def enum_values(type_name: str) -> dict[int, str]:
    """Return the names of a profile type's values, as `enum_values("sport")[1] == "running"`."""
    return dict(FIELD_TYPES[type_name].enum)
