"""Encodes FIT messages from values to bytes: definitions, data rows, and the file around them.

Pure. It shares no table and no code with the decoder, so that either can be tested against the
other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WRITTEN_EPOCH = 631_065_600  # 1989-12-31T00:00:00Z in Unix seconds
_HEADER, _PROTOCOL, _PROFILE = 14, 0x20, 21_171
_SIZE_MOST = 2**32 - 1

# base type code -> numpy type letters, and the value that means invalid
_BASES: dict[int, tuple[str, float]] = {
    0x00: ("u1", 0xFF),
    0x01: ("i1", 0x7F),
    0x02: ("u1", 0xFF),
    0x83: ("i2", 0x7FFF),
    0x84: ("u2", 0xFFFF),
    0x85: ("i4", 0x7FFFFFFF),
    0x86: ("u4", 0xFFFFFFFF),
    0x07: ("S", 0),
    0x88: ("f4", np.nan),
    0x89: ("f8", np.nan),
    0x0A: ("u1", 0),
    0x8B: ("u2", 0),
    0x8C: ("u4", 0),
    0x0D: ("u1", 0xFF),
}
ENUM, SINT8, UINT8, UINT16, SINT32, UINT32, CHARS, FLOAT32 = (
    0x00,
    0x01,
    0x02,
    0x84,
    0x85,
    0x86,
    0x07,
    0x88,
)
UINT8Z, UINT32Z, BYTES = 0x0A, 0x8C, 0x0D


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """A field of a message; the stored value is (value + `offset`) * `scale`.

    `number` is the field's number and `base` its base type. `items` is the number of values, or of
    bytes for text. `developer` is the developer data index of a field that a `field_description`
    names.
    """

    number: int
    base: int
    items: int = 1
    scale: float = 1.0
    offset: float = 0.0
    developer: int | None = None

    @property
    def dtype(self) -> tuple[str, tuple[int, ...]]:
        """The numpy type letters and the shape of a value."""
        # A text is one value of `items` bytes, and no array of them.
        letters, _ = _BASES[self.base]
        return (
            (f"S{self.items}", ())
            if letters == "S"
            else (letters, (self.items,) if self.items > 1 else ())
        )

    @property
    def size(self) -> int:
        """The size of a value in bytes."""
        return self.items if self.base == CHARS else self.items * int(_BASES[self.base][0][-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class FitShape:
    """A message definition: global `number`, `local` type, fields by any names, byte order."""

    number: int
    local: int
    fields: Mapping[str, FieldShape]
    big: bool = False


def definition(shape: FitShape) -> bytes:
    """Return the definition message of a shape."""
    plain = [f for f in shape.fields.values() if f.developer is None]
    extra = [f for f in shape.fields.values() if f.developer is not None]
    # in the record header, 0x40 marks a definition and 0x20 the list of developer fields behind it
    head = bytes([0x40 | (0x20 if extra else 0) | shape.local, 0, int(shape.big)])
    body = head + shape.number.to_bytes(2, "big" if shape.big else "little") + bytes([len(plain)])
    body += b"".join(bytes([f.number, f.size, f.base]) for f in plain)
    if extra:
        body += bytes([len(extra)]) + b"".join(
            bytes([f.number, f.size, f.developer or 0]) for f in extra
        )
    return body


def rows(
    shape: FitShape, values: Mapping[str, Any], count: int = 1, *, header: int | None = None
) -> NDArray[np.void]:
    """Return `count` data messages as packed rows; `.tobytes()` of them is the stream.

    `values` holds by field name a scalar, or a column of shape (count,) or (count, items), in
    physical units. NaN, None and absent values become the invalid value. `header` is a record
    header byte that replaces the local type (for compressed timestamps).
    """
    order = ">" if shape.big else "<"
    forms = [(name, order + f.dtype[0], f.dtype[1]) for name, f in _ordered(shape)]
    # numpy packs the fields without padding, so that the array's bytes are the messages
    out = np.zeros(count, dtype=np.dtype([("header", "u1"), *forms]))
    out["header"] = shape.local if header is None else header
    for name, field in _ordered(shape):
        out[name] = _stored(field, values.get(name))
    return out


def _ordered(shape: FitShape) -> list[tuple[str, FieldShape]]:
    """Return the fields in the order of their bytes: developer fields last."""
    return sorted(shape.fields.items(), key=lambda item: item[1].developer is not None)


def _stored(field: FieldShape, value: Any) -> Any:  # noqa: ANN401 - all that numpy broadcasts
    letters, invalid = _BASES[field.base]
    if letters == "S":
        # FIT ends a text with a zero byte, so its last byte stays free
        return str(value or "").encode()[: field.items - 1]
    if value is None:
        return invalid
    physical = np.asarray(value, dtype=np.float64)
    if letters.startswith("f"):
        return physical
    counts = np.rint((physical + field.offset) * field.scale)
    return np.where(np.isnan(physical), invalid, counts)


def encoded(shape: FitShape, values: Mapping[str, Any]) -> bytes:
    """Return a definition and a single data message as bytes."""
    return definition(shape) + rows(shape, values).tobytes()


def _crc_table() -> tuple[int, ...]:
    """Return the CRC of each byte: reflected, polynomial 0x8005, as the FIT protocol defines it."""
    entries = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
        entries.append(value)
    return tuple(entries)


_CRC_TABLE = _crc_table()


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value >> 8) ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value


def fit_file(messages: Sequence[bytes], *, header_crc: bool = True) -> bytes:
    """Return a FIT file: a header and the checksums around `messages`.

    Raises ValueError for more bytes than a FIT file can hold.
    """
    body = b"".join(messages)
    if len(body) > _SIZE_MOST:
        raise ValueError("more than a FIT file can hold")
    head = (
        bytes([_HEADER, _PROTOCOL])
        + _PROFILE.to_bytes(2, "little")
        + len(body).to_bytes(4, "little")
        + b".FIT"
    )
    total = head + (_crc(head).to_bytes(2, "little") if header_crc else b"\0\0") + body
    return total + _crc(total).to_bytes(2, "little")
