"""Messages of FIT files for tests, written with the project's own encoder. Times are relative.

Each time is in seconds from `BASE_S`, 2026-10-05T07:00:00Z.
"""

from collections.abc import Sequence

import numpy as np

from simulate.fit_messages import (
    BYTES,
    CHARS,
    ENUM,
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

BASE_MS = 1_791_183_600_000
BASE_S = BASE_MS // 1000 - WRITTEN_EPOCH
RUNNING, CYCLING = 1, 2
_STAMP = FieldShape(number=253, base=UINT32, offset=BASE_S)
_SPAN = {
    "written": _STAMP,
    "start": FieldShape(number=2, base=UINT32, offset=BASE_S),
    "elapsed": FieldShape(number=7, base=UINT32, scale=1000),
    "timer": FieldShape(number=8, base=UINT32, scale=1000),
}


def ident(kind: int = 4, created: float = 0, serial: int = 7, maker: int = 1) -> bytes:
    """Return a file_id; `kind` is the type of the file, 4 an activity."""
    fields = {
        "type": FieldShape(number=0, base=ENUM),
        "maker": FieldShape(number=1, base=UINT16),
        "serial": FieldShape(number=3, base=UINT32Z),
        "created": FieldShape(number=4, base=UINT32, offset=BASE_S),
    }
    values = {"type": kind, "maker": maker, "serial": serial, "created": created}
    return encoded(FitShape(number=0, local=0, fields=fields), values)


def records(times: Sequence[float] | range, heart: float = 100) -> bytes:
    """Return a record for each time, with a heart rate."""
    fields = {"t": _STAMP, "hr": FieldShape(number=3, base=UINT8)}
    shape = FitShape(number=20, local=1, fields=fields)
    values = {"t": np.array(times, np.float64), "hr": np.full(len(times), heart)}
    return definition(shape) + rows(shape, values, len(times)).tobytes()


def session(**values: float) -> bytes:
    """Return a session of `start`, `written`, `elapsed`, `timer`, `sport`, `effort`."""
    fields = _SPAN | {
        "sport": FieldShape(number=5, base=ENUM),
        "effort": FieldShape(number=193, base=UINT8, scale=10),
    }
    return encoded(FitShape(number=18, local=2, fields=fields), values)


def lap(**values: float) -> bytes:
    """Return a lap of `start`, `written`, `elapsed`, `timer`, `sport`."""
    fields = _SPAN | {"sport": FieldShape(number=25, base=ENUM)}
    return encoded(FitShape(number=19, local=3, fields=fields), values)


def startless_lap(**values: float) -> bytes:
    """Return a lap of `written`, `elapsed` and `sport`, whose definition has no start."""
    fields = {name: _SPAN[name] for name in ("written", "elapsed")}
    fields |= {"sport": FieldShape(number=25, base=ENUM)}
    return encoded(FitShape(number=19, local=14, fields=fields), values)


def pool_length(start: float, elapsed: float, *, kind: int = 1) -> bytes:
    """Return a length of a pool; `kind` 0 is a rest."""
    fields = {
        "start": FieldShape(number=2, base=UINT32, offset=BASE_S),
        "elapsed": FieldShape(number=3, base=UINT32, scale=1000),
        "kind": FieldShape(number=12, base=ENUM),
    }
    values = {"start": start, "elapsed": elapsed, "kind": kind}
    return encoded(FitShape(number=101, local=13, fields=fields), values)


def sport(number: int) -> bytes:
    """Return the message that names the sport of a recording."""
    fields = {"sport": FieldShape(number=0, base=ENUM)}
    return encoded(FitShape(number=12, local=4, fields=fields), {"sport": number})


def course() -> bytes:
    """Return the message that a course has."""
    fields = {"sport": FieldShape(number=4, base=ENUM)}
    return encoded(FitShape(number=31, local=12, fields=fields), {"sport": RUNNING})


def timer(at: float, kind: int) -> bytes:
    """Return an event of the timer: 0 is a start, 4 a stop."""
    fields = {
        "t": _STAMP,
        "event": FieldShape(number=0, base=ENUM),
        "kind": FieldShape(number=1, base=ENUM),
    }
    return encoded(FitShape(number=21, local=5, fields=fields), {"t": at, "event": 0, "kind": kind})


def activity(written: float, offset_min: float = 120) -> bytes:
    """Return the activity message, which has the offset of local time."""
    fields = {"t": _STAMP, "local": FieldShape(number=5, base=UINT32, offset=BASE_S)}
    shape = FitShape(number=34, local=6, fields=fields)
    return encoded(shape, {"t": written, "local": written + 60 * offset_min})


def sensor(kind: int, source: int) -> bytes:
    """Return a device_info of a sensor: 120 with 1 is a strap, 10 with 5 the wrist."""
    fields = {
        "kind": FieldShape(number=1, base=UINT8),
        "source": FieldShape(number=25, base=ENUM),
    }
    shape = FitShape(number=23, local=7, fields=fields)
    return encoded(shape, {"kind": kind, "source": source})


def anchor(at: float, own: float, heart: float) -> bytes:
    """Return an hr message of one beat with the times of both clocks."""
    fields = {
        "t": _STAMP,
        "own": FieldShape(number=9, base=UINT32, scale=1024),
        "hr": FieldShape(number=6, base=UINT8),
    }
    shape = FitShape(number=132, local=8, fields=fields)
    return encoded(shape, {"t": at, "own": own, "hr": heart})


def beats(own: Sequence[float], heart: Sequence[float]) -> bytes:
    """Return an hr message of eight beats at times of the strap's own clock."""
    fields = {
        "own": FieldShape(number=10, base=BYTES, items=12),
        "hr": FieldShape(number=6, base=UINT8, items=8),
    }
    packed = 0
    for k, at in enumerate(own):
        packed |= (round(at * 1024) & 0xFFF) << 12 * k
    stored = np.frombuffer(packed.to_bytes(12, "little"), np.uint8).astype(np.float64)
    shape = FitShape(number=132, local=9, fields=fields)
    return encoded(shape, {"own": stored, "hr": np.array(heart, np.float64)})


def described(
    number: int,
    native: int | None,
    message: int | None = 20,
    scale: int = 1,
    offset: int = 0,
    named: tuple[str, str] = ("", ""),
) -> bytes:
    """Return the description of a developer field of one byte, which may override a native one.

    `named` is its name and its unit.
    """
    fields = {
        "index": FieldShape(number=0, base=UINT8),
        "number": FieldShape(number=1, base=UINT8),
        "base": FieldShape(number=2, base=UINT8),
        "name": FieldShape(number=3, base=CHARS, items=16),
        "scale": FieldShape(number=6, base=UINT8),
        "offset": FieldShape(number=7, base=SINT8),
        "units": FieldShape(number=8, base=CHARS, items=16),
        "message": FieldShape(number=14, base=UINT16),
        "native": FieldShape(number=15, base=UINT8),
    }
    values = {"index": 0, "number": number, "base": UINT8, "name": named[0] or f"own {number}"}
    values["units"] = named[1]
    shape = FitShape(number=206, local=10, fields=fields)
    values |= {"scale": scale, "offset": offset}
    return encoded(shape, values | {"message": message, "native": native})


def overridden(times: range, developer: float, heart: float = np.nan) -> bytes:
    """Return records with a heart rate and the developer field 0."""
    fields = {
        "t": _STAMP,
        "hr": FieldShape(number=3, base=UINT8),
        "own": FieldShape(number=0, base=UINT8, developer=0),
    }
    shape = FitShape(number=20, local=11, fields=fields)
    values = {"t": np.array(times, np.float64), "hr": heart, "own": developer}
    return definition(shape) + rows(shape, values, len(times)).tobytes()


def plain(*parts: bytes) -> bytes:
    """Return an activity file of these messages behind a file_id."""
    return fit_file([ident(), *parts])
