"""Records of a backup: a small JSON head and bytes, one after the other in a stream."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_LENGTHS = 12  # bytes of both lengths: 4 of the head, 8 of the content


class RecordError(ValueError):
    """A stream ends in the middle of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRecord:
    """A record of a `kind`; `values` can be written as JSON."""

    kind: str
    values: dict[str, Any]
    content: bytes = field(default=b"", repr=False)


def packed_record(record: BackupRecord) -> bytes:
    """Return a record as bytes."""
    head = json.dumps({"kind": record.kind, **record.values}).encode()
    return len(head).to_bytes(4) + len(record.content).to_bytes(8) + head + record.content


def unpacked_records(parts: Iterable[bytes]) -> Iterator[BackupRecord]:
    """Yield the records of the joined parts; raises `RecordError` where the last is cut."""
    buffer = bytearray()
    for part in parts:
        buffer += part
        while (length := _length(buffer)) and len(buffer) >= length:
            yield _record(bytes(buffer[:length]))
            del buffer[:length]
    if buffer:
        raise RecordError("ends in the middle of a record")


def _length(buffer: bytearray) -> int:
    """Return the length of the first record, 0 while it is not known."""
    if len(buffer) < _LENGTHS:
        return 0
    return _LENGTHS + int.from_bytes(buffer[:4]) + int.from_bytes(buffer[4:_LENGTHS])


def _record(data: bytes) -> BackupRecord:
    end = _LENGTHS + int.from_bytes(data[:4])
    values = json.loads(data[_LENGTHS:end])
    return BackupRecord(kind=values.pop("kind"), values=values, content=data[end:])
