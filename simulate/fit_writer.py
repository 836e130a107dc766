"""Writes FIT activity files as a watch does, for tests, the demo and the simulator.

Pure: a recording goes in and bytes come out. No clock is read and no positions are written. Equal
recordings give equal bytes.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from model.facts import Instants, Values
from simulate.fit_messages import (
    BYTES,
    CHARS,
    ENUM,
    FLOAT32,
    SINT8,
    UINT8,
    UINT16,
    UINT32,
    UINT32Z,
    WRITTEN_EPOCH,
    FieldShape,
    FitShape,
    definition,
    encoded,
    fit_file,
    rows,
)

SPORTS = {
    "generic": 0,
    "running": 1,
    "cycling": 2,
    "fitness_equipment": 4,
    "swimming": 5,
    "training": 10,
    "walking": 11,
}
_FOOT = frozenset({"running", "walking"})
_GARMIN, _MOST_GAP_S, _TEXT = 1, 31, 32
_TIMER, _START, _STOP, _STOP_ALL, _SESSION, _LAP, _ACTIVITY = 0, 0, 1, 4, 8, 9, 26
_STRAP, _ANTPLUS, _WRIST, _LOCAL = 120, 1, 10, 5

_TIME = FieldShape(number=253, base=UINT32, offset=-float(WRITTEN_EPOCH))
_RECORD = {
    "heart_rate": FieldShape(number=3, base=UINT8),
    "cadence": FieldShape(number=4, base=UINT8),
    "half_cadence": FieldShape(number=53, base=UINT8, scale=128),
    "distance": FieldShape(number=5, base=UINT32, scale=100),
    "speed": FieldShape(number=73, base=UINT32, scale=1000),
    "power": FieldShape(number=7, base=UINT16),
    "altitude": FieldShape(number=78, base=UINT32, scale=5, offset=500),
    "temperature": FieldShape(number=13, base=SINT8),
}
_SPAN = {
    "timestamp": _TIME,
    "start_time": FieldShape(number=2, base=UINT32, offset=-float(WRITTEN_EPOCH)),
    "elapsed": FieldShape(number=7, base=UINT32, scale=1000),
    "timer": FieldShape(number=8, base=UINT32, scale=1000),
    "distance": FieldShape(number=9, base=UINT32, scale=100),
    "event": FieldShape(number=0, base=ENUM),
    "event_type": FieldShape(number=1, base=ENUM),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """A workout as a watch recorded it.

    - `t` is int64 (n,), epoch ms, ascending; FIT keeps it to the second.
    - `columns` holds by metric name float64 (n,) in canonical units, NaN where there was no
      reading. Cadence is in steps a minute on foot, else in turns a minute.
    - `developer` holds the columns of developer fields by name.
    - `offset_min` is the offset of local time from UTC in minutes.
    - `pauses` are the times in which the timer stood still, [start, end) in epoch ms.
    - `moving_ms` is the time of the timer; None is the length without the pauses.
    - `exertion_cr10` (0..10) and `feel` (0..100) are answers given on the watch.
    - `strap` is True where a chest strap measured the heart rate, else the watch did at the wrist.
    """

    start_ms: int
    end_ms: int
    sport: str = "walking"
    sub_sport: int = 0
    offset_min: int = 0
    moving_ms: int | None = None
    pauses: tuple[tuple[int, int], ...] = ()
    t: Instants = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    columns: dict[str, Values] = field(default_factory=dict)
    developer: dict[str, Values] = field(default_factory=dict)
    exertion_cr10: float | None = None
    feel: int | None = None
    product: int = 3121
    serial: int = 1
    strap: bool = False


def write_activity(
    recording: Recording, *, compressed: bool = False, header_crc: bool = True
) -> bytes:
    """Return an activity file; `compressed` uses compressed timestamps where the gap allows it."""
    return fit_file(
        [
            _file_id(recording),
            _devices(recording),
            *_developer(recording),
            _event(recording.start_ms, _START),
            *_pauses(recording),
            _records(recording, compressed=compressed),
            _event(recording.end_ms, _STOP_ALL),
            _span(recording, number=19, local=5, event=_LAP),
            _span(recording, number=18, local=6, event=_SESSION),
            _activity(recording),
        ],
        header_crc=header_crc,
    )


def _seconds(ms: int) -> float:
    return float(ms // 1000)


def _file_id(recording: Recording) -> bytes:
    fields = {
        "type": FieldShape(number=0, base=ENUM),
        "manufacturer": FieldShape(number=1, base=UINT16),
        "product": FieldShape(number=2, base=UINT16),
        "serial": FieldShape(number=3, base=UINT32Z),
        "created": FieldShape(number=4, base=UINT32, offset=-float(WRITTEN_EPOCH)),
    }
    result = {
        "type": 4,
        "manufacturer": _GARMIN,
        "product": recording.product,
        "serial": recording.serial,
    }
    return encoded(
        FitShape(number=0, local=0, fields=fields),
        result | {"created": _seconds(recording.start_ms)},
    )


def _devices(recording: Recording) -> bytes:
    fields = {
        "timestamp": _TIME,
        "index": FieldShape(number=0, base=UINT8),
        "type": FieldShape(number=1, base=UINT8),
        "manufacturer": FieldShape(number=2, base=UINT16),
        "product": FieldShape(number=4, base=UINT16),
        "source": FieldShape(number=25, base=ENUM),
    }
    shape = FitShape(number=23, local=1, fields=fields)
    # device index 0 is the device that wrote the file
    at = _seconds(recording.start_ms)
    watch = {
        "timestamp": at,
        "index": 0,
        "manufacturer": _GARMIN,
        "product": recording.product,
        "source": _LOCAL,
    }
    kind, source = (_STRAP, _ANTPLUS) if recording.strap else (_WRIST, _LOCAL)
    heart = {"timestamp": at, "index": 1, "type": kind, "source": source}
    known = [watch, heart] if "heart_rate" in recording.columns else [watch]
    return definition(shape) + b"".join(rows(shape, result).tobytes() for result in known)


def _developer(recording: Recording) -> list[bytes]:
    if not recording.developer:
        return []
    ident = {
        "id": FieldShape(number=1, base=BYTES, items=16),
        "index": FieldShape(number=3, base=UINT8),
    }
    # the application's id may be any 16 bytes
    written = [
        encoded(FitShape(number=207, local=2, fields=ident), {"id": np.arange(16.0), "index": 0})
    ]
    fields = {
        "index": FieldShape(number=0, base=UINT8),
        "number": FieldShape(number=1, base=UINT8),
        "base": FieldShape(number=2, base=UINT8),
        "name": FieldShape(number=3, base=CHARS, items=_TEXT),
    }
    shape = FitShape(number=206, local=2, fields=fields)
    for number, name in enumerate(recording.developer):
        written.append(
            encoded(shape, {"index": 0, "number": number, "base": FLOAT32, "name": name})
        )
    return written


def _event(ms: int, what: int) -> bytes:
    fields = {
        "timestamp": _TIME,
        "event": FieldShape(number=0, base=ENUM),
        "event_type": FieldShape(number=1, base=ENUM),
    }
    result = {"timestamp": _seconds(ms), "event": _TIMER, "event_type": what}
    return encoded(FitShape(number=21, local=3, fields=fields), result)


def _pauses(recording: Recording) -> list[bytes]:
    """Return the events of all pauses: the timer stops, and starts again."""
    written: list[bytes] = []
    for start, end in recording.pauses:
        written += [_event(start, _STOP_ALL), _event(end, _START)]
    return written


def _timer_ms(recording: Recording) -> int:
    if recording.moving_ms is not None:
        return recording.moving_ms
    paused = sum(end - start for start, end in recording.pauses)
    return recording.end_ms - recording.start_ms - paused


def _records(recording: Recording, *, compressed: bool) -> bytes:
    values = dict(recording.columns) | recording.developer
    if "cadence" in values and recording.sport in _FOOT:
        # FIT counts strides of two steps each, and keeps the half stride in a field of its own
        strides = values["cadence"] / 2
        values |= {"cadence": np.floor(strides), "half_cadence": strides - np.floor(strides)}
    fields = {name: shape for name, shape in _RECORD.items() if name in values}
    # numbered as in the field descriptions that `_developer` wrote
    for number, name in enumerate(recording.developer):
        fields[name] = FieldShape(number=number, base=FLOAT32, developer=0)
    seconds = recording.t // 1000
    timed = FitShape(number=20, local=0, fields={"timestamp": _TIME, **fields})
    full = rows(timed, values | {"timestamp": seconds.astype(np.float64)}, len(seconds))
    if not compressed:
        return definition(timed) + full.tobytes()
    bare = FitShape(number=20, local=1, fields=fields)
    short = rows(bare, values, len(seconds))
    # A compressed header holds the local type in two bits and the time's last five bits. Such a
    # time is relative to the record before: the first record and one after a long gap need the
    # full timestamp.
    short["header"] = 0x80 | bare.local << 5 | ((seconds - WRITTEN_EPOCH) & 0x1F)
    near = np.diff(seconds, prepend=-math.inf) <= _MOST_GAP_S
    chosen = [(short if near[i] else full)[i].tobytes() for i in range(len(seconds))]
    return definition(timed) + definition(bare) + b"".join(chosen)


def _span(recording: Recording, *, number: int, local: int, event: int) -> bytes:
    fields = dict(_SPAN)
    elapsed = (recording.end_ms - recording.start_ms) / 1000
    result = {
        "timestamp": _seconds(recording.end_ms),
        "start_time": _seconds(recording.start_ms),
        "elapsed": elapsed,
        "timer": _timer_ms(recording) / 1000,
        "distance": _last(recording.columns.get("distance")),
        "event": event,
        "event_type": _STOP,
    }
    # a session has the fields of a lap, and more
    if event == _SESSION:
        fields |= {
            "sport": FieldShape(number=5, base=ENUM),
            "sub_sport": FieldShape(number=6, base=ENUM),
            "mean": FieldShape(number=16, base=UINT8),
            "most": FieldShape(number=17, base=UINT8),
            "feel": FieldShape(number=192, base=UINT8),
            "effort": FieldShape(number=193, base=UINT8, scale=10),
        }
        result |= {"sport": SPORTS[recording.sport], "sub_sport": recording.sub_sport}
        result |= {"feel": recording.feel, "effort": recording.exertion_cr10} | _heart(recording)
    return encoded(FitShape(number=number, local=local, fields=fields), result)


def _known(values: Values | None) -> Values:
    return np.zeros(0) if values is None else values[~np.isnan(values)]


def _last(values: Values | None) -> float | None:
    known = _known(values)
    return float(known[-1]) if len(known) else None


def _heart(recording: Recording) -> dict[str, float]:
    known = _known(recording.columns.get("heart_rate"))
    return {"mean": round(float(known.mean())), "most": float(known.max())} if len(known) else {}


def _activity(recording: Recording) -> bytes:
    fields = {
        "timestamp": _TIME,
        "timer": FieldShape(number=0, base=UINT32, scale=1000),
        "sessions": FieldShape(number=1, base=UINT16),
        "type": FieldShape(number=2, base=ENUM),
        "event": FieldShape(number=3, base=ENUM),
        "event_type": FieldShape(number=4, base=ENUM),
        "local": FieldShape(number=5, base=UINT32, offset=-float(WRITTEN_EPOCH)),
    }
    # readers derive the offset of local time from the difference of `local` and `timestamp`
    at = _seconds(recording.end_ms)
    result = {
        "timestamp": at,
        "timer": _timer_ms(recording) / 1000,
        "sessions": 1,
        "type": 0,
        "event": _ACTIVITY,
        "event_type": _STOP,
        "local": at + 60 * recording.offset_min,
    }
    return encoded(FitShape(number=34, local=7, fields=fields), result)
