"""Bodies that have stopped the worker, of our own making: used until `tests/poison.py` brings its list."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kadens.model.calendar import MINUTE_MS, rfc3339
from kadens.model.codec import dumps
from kadens.simulate.fit_messages import UINT8, UINT32, FieldShape, Shape, definition, fit_file, message, rows

ACCOUNT = "poison-user"  # which the JSON bodies name
FLOAT64, FLOAT32 = 0x89, 0x88
SESSION, RECORD = 18, 20
AT = 1_100_000_000.0  # FIT seconds, in 2024
LAST_DAY = 3_471_206_400.0  # FIT seconds of 2099-12-31T00:00:00Z
NEAR_MS = 1_764_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One body: its name, the connector that brings it, and what makes it."""

    name: str
    connector: str
    body: Callable[[], bytes]


def _sessions(count: int, first: float, every: float) -> bytes:
    fields = {
        "timestamp": FieldShape(number=253, base=UINT32),
        "start": FieldShape(number=2, base=UINT32),
        "elapsed": FieldShape(number=7, base=UINT32),
        "sport": FieldShape(number=5, base=0),
    }
    shape = Shape(number=SESSION, local=0, fields=fields)
    start = first + np.arange(count) * every
    values = {"start": start, "timestamp": start + 60, "elapsed": np.full(count, 60_000.0), "sport": 1}
    return fit_file([definition(shape), rows(shape, values, count).tobytes()])


def _start_of_1e308() -> bytes:
    fields = {"start": FieldShape(number=2, base=FLOAT64), "timestamp": FieldShape(number=253, base=UINT32)}
    return fit_file([message(Shape(number=SESSION, local=0, fields=fields), {"start": 1e308, "timestamp": AT})])


def _timestamp_of_1e306() -> bytes:
    fields = {"timestamp": FieldShape(number=253, base=FLOAT64), "heart_rate": FieldShape(number=3, base=UINT8)}
    return fit_file([message(Shape(number=RECORD, local=0, fields=fields), {"timestamp": 1e306, "heart_rate": 99})])


def _field_changes_its_type() -> bytes:
    def part(first: float, base: int) -> bytes:
        fields = {
            "timestamp": FieldShape(number=253, base=UINT32),
            "heart_rate": FieldShape(number=3, base=UINT8),
            "unknown": FieldShape(number=200, base=base),
        }
        shape = Shape(number=RECORD, local=0, fields=fields)
        t = first + np.arange(60.0)
        values = {"timestamp": t, "heart_rate": np.full(60, 100.0), "unknown": np.full(60, 7.0)}
        return definition(shape) + rows(shape, values, 60).tobytes()

    return fit_file([part(AT, UINT8), part(AT + 60, FLOAT32)])


def _overlapping_sessions(count: int) -> bytes:
    reports = [
        {
            "id": f"overlap-{n}",
            "instrument": "session",
            "phase": "none",
            "answered_at": rfc3339(NEAR_MS),
            "started_at": rfc3339(NEAR_MS - 600 * MINUTE_MS + n),
            "ended_at": rfc3339(NEAR_MS - MINUTE_MS),
            "activity": "walking",
        }
        for n in range(count)
    ]
    return dumps({"type": "report.created", "patient": ACCOUNT, "reports": reports})


OWN: tuple[Poison, ...] = (
    Poison(name="a start of 1e308", connector="files", body=_start_of_1e308),
    Poison(name="a timestamp of 1e306", connector="files", body=_timestamp_of_1e306),
    Poison(name="an unknown field changes its type", connector="files", body=_field_changes_its_type),
    Poison(name="12,000 sessions into 2100", connector="files", body=lambda: _sessions(12_000, LAST_DAY, 60)),
    Poison(name="200,000 sessions", connector="files", body=lambda: _sessions(200_000, AT, 60)),
    Poison(name="100,000 overlapping", connector="reports", body=lambda: _overlapping_sessions(100_000)),
    Poison(name="noise", connector="files", body=lambda: b"\x0e\x10\x00\x00\xff\xff\xff\xff.FIT" + bytes(range(256))),
    Poison(name="JSON nested deep", connector="open_wearables", body=lambda: b"[" * 10_000 + b"]" * 10_000),
)
