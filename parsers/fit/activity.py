"""What a FIT activity declares: sessions, device, local offset, and sample columns of its records.

Turns FIT seconds into integer epoch milliseconds (UTC) and nothing else: no clock, no plausibility, no place.
Times below 0x10000000 count from when a device was switched on: they are reported, never taken for a date.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .errors import Code, FitProblem
from .profile import enum_values
from .samples import Samples

if TYPE_CHECKING:
    from .columns import Floats
    from .file import FitFile
    from .group import Group

FIT_EPOCH = 631_065_600
"""1989-12-31T00:00:00Z in Unix seconds."""
DEVICE_TIME_END = 0x10000000
"""FIT seconds below this count from power-up of the device."""

MESSAGES = frozenset({"file_id", "device_info", "activity", "session", "record", "monitoring"})
"""The messages that `read_activity` looks at: `decode(data, messages=MESSAGES)`."""

# Sample column -> profile fields, the first that has a value wins.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "heart_rate": ("heart_rate",),
    "cadence": ("cadence",),
    "speed": ("enhanced_speed", "speed"),
    "distance": ("distance",),
    "power": ("power",),
    "altitude": ("enhanced_altitude", "altitude"),
    "temperature": ("temperature",),
    "respiratory_rate": ("enhanced_respiration_rate", "respiration_rate"),
}
_TOTALS: dict[str, tuple[str, ...]] = {
    "distance": ("total_distance",),
    "active_energy": ("total_calories",),
    "heart_rate_mean": ("avg_heart_rate",),
    "heart_rate_max": ("max_heart_rate",),
    "ascent": ("total_ascent",),
}
_LAST_TIME = 2**32  # a FIT time is an unsigned integer of 32 bits; a file may give it another type
_LONGEST_OFFSET_MIN = 18 * 60
_QUARTER_MIN = 15
_ANTPLUS_HEART, _BLE_HEART, _WRIST_HEART = 120, 1, 10
_ANTPLUS, _BLUETOOTH, _BLE, _LOCAL = 1, 2, 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A declared session: [start_ms, start_ms + length_ms) UTC, where length is `total_elapsed_time`.

    `sport` and `sub_sport` are profile names, or the number as text where the profile has no name, "" if absent.
    `exertion_cr10` is workout_rpe / 10, `feel` is 0..100; both None when not answered. `offset` is where it stands.
    """

    start_ms: int
    length_ms: int
    sport: str = ""
    sub_sport: str = ""
    moving_ms: int | None = None
    exertion_cr10: float | None = None
    feel: float | None = None
    totals: dict[str, float] = field(default_factory=dict)
    segment: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Who wrote the file, and when it says that was (FIT seconds).

    `heart_from`: "strap" or "wrist" when a device_info says so, else "".
    """

    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    created: int | None = None
    heart_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Activity:
    """Everything an activity file declares. `background` are samples of all-day monitoring, not of a recording."""

    file_type: str
    sessions: tuple[Session, ...]
    device: Device
    offset_min: int | None
    samples: dict[str, Samples]
    background: dict[str, Samples]
    problems: tuple[FitProblem, ...]


def read_activity(fit: FitFile) -> Activity:
    """Read what a decoded file declares; messages the file lacks give empty parts. Raises nothing of its own."""
    problems: list[FitProblem] = []
    sessions = tuple(_sessions(fit["session"], problems))
    return Activity(
        file_type=_word("file", _first(fit["file_id"].numbers("type"))),
        sessions=sessions,
        device=_device(fit),
        offset_min=_offset(fit["activity"]),
        samples=_samples(fit["record"], _COLUMNS, problems),
        background=_samples(fit["monitoring"], {"heart_rate": ("heart_rate",)}, problems),
        problems=tuple(problems),
    )


def epoch_ms(seconds: float) -> int:
    """Turn FIT seconds into epoch milliseconds."""
    return round((seconds + FIT_EPOCH) * 1000)


def _first(values: Floats) -> float:
    known = values[np.isfinite(values)]  # a field may come as a float, and that as infinite
    return float(known[0]) if len(known) else math.nan


def _word(type_name: str, value: float) -> str:
    if math.isnan(value):
        return ""
    return enum_values(type_name).get(int(value), _digits(value))


def _digits(value: float) -> str:
    return "" if math.isnan(value) else str(int(value))


def _some(value: float) -> float | None:
    return None if math.isnan(value) else value


def _device_time(problems: list[FitProblem], group: Group, row: int, count: int) -> None:
    problems.append(
        FitProblem(
            code=Code.DEVICE_TIME,
            offset=int(group.offsets[row]),
            segment=int(group.segment[row]),
            reason=f"{count} {group.name} messages with time since power-up, not a date",
        )
    )


def _sessions(group: Group, problems: list[FitProblem]) -> list[Session]:
    found = []
    for row, start in enumerate(group.numbers("start_time").tolist()):
        if start < DEVICE_TIME_END:
            _device_time(problems, group, row, 1)
        elif math.isfinite(start):
            found.append(_session(group, row, start))
    return found


def _session(group: Group, row: int, start: float) -> Session:
    def number(*names: str) -> float:
        return next((float(v) for name in names if math.isfinite(v := group.numbers(name)[row])), math.nan)

    elapsed, moving, effort = number("total_elapsed_time"), number("total_timer_time"), number("workout_rpe")
    if math.isnan(elapsed):
        elapsed = max(number("timestamp") - start, 0.0)  # the message is written when the session ends
    if math.isnan(elapsed):
        elapsed = 0.0 if math.isnan(moving) else moving
    return Session(
        start_ms=epoch_ms(start),
        length_ms=round(elapsed * 1000),
        sport=_word("sport", number("sport")),
        sub_sport=_word("sub_sport", number("sub_sport")),
        moving_ms=None if math.isnan(moving) else round(moving * 1000),
        exertion_cr10=None if math.isnan(effort) else effort / 10,
        feel=_some(number("workout_feel")),
        totals={name: v for name, names in _TOTALS.items() if not math.isnan(v := number(*names))},
        segment=int(group.segment[row]),
        offset=int(group.offsets[row]),
    )


def _device(fit: FitFile) -> Device:
    ident, info = fit["file_id"], fit["device_info"]
    maker = _word("manufacturer", _first(ident.numbers("manufacturer")))
    product = next((text for text in ident.texts("product_name") if text), "")
    if not product:
        code = _first(ident.numbers("product"))
        product = _word("garmin_product", code) if maker == "garmin" else _digits(code)
    return Device(
        manufacturer=maker,
        product=product,
        serial=_digits(_first(ident.numbers("serial_number"))),
        created=None if math.isnan(created := _first(ident.numbers("time_created"))) else int(created),
        heart_from=_heart_from(info),
    )


def _heart_from(info: Group) -> str:
    """Tell a strap from the wrist; old files name no source and have only external heart rate sensors."""
    kind, source = info.numbers("device_type"), info.numbers("source_type")
    external = (kind == _ANTPLUS_HEART) & (np.isnan(source) | (source <= _ANTPLUS))
    bluetooth = (kind == _BLE_HEART) & ((source == _BLUETOOTH) | (source == _BLE))
    if (external | bluetooth).any():
        return "strap"
    return "wrist" if ((kind == _WRIST_HEART) & (source == _LOCAL)).any() else ""


def _offset(group: Group) -> int | None:
    """Read the local offset in minutes from the first believable activity message, in quarters of an hour."""
    for local, utc in zip(group.numbers("local_timestamp"), group.numbers("timestamp"), strict=True):
        minutes = (local - utc) / 60
        if abs(minutes) <= _LONGEST_OFFSET_MIN and utc >= DEVICE_TIME_END:  # False for NaN
            quarters = round(minutes / _QUARTER_MIN) * _QUARTER_MIN
            return quarters if abs(minutes - quarters) <= 1 else None
    return None


def _samples(group: Group, wanted: dict[str, tuple[str, ...]], problems: list[FitProblem]) -> dict[str, Samples]:
    stamps = group.numbers("timestamp")
    early = np.flatnonzero(stamps < DEVICE_TIME_END)
    if len(early):
        _device_time(problems, group, int(early[0]), len(early))
    dated = (stamps >= DEVICE_TIME_END) & (stamps <= _LAST_TIME)
    instants = np.where(dated, (stamps + FIT_EPOCH) * 1000, 0).astype(np.int64)
    found = {}
    for name, fields in wanted.items():
        values = _one_of(group, fields)
        if values is not None and name == "cadence":
            values = values + _fraction(group)
        if values is not None and (valid := dated & np.isfinite(values)).any():
            found[name] = Samples(t=instants[valid], v=values[valid])
    return found


def _fraction(group: Group) -> Floats:
    """Give the part of a turn that `cadence` leaves out, 0 where the device tells none."""
    return np.nan_to_num(group.numbers("fractional_cadence"))


def _one_of(group: Group, fields: tuple[str, ...]) -> Floats | None:
    found: Floats | None = None
    for name in fields:
        if name in group:
            values = group.numbers(name)
            found = values if found is None else np.where(np.isnan(found), values, found)
    return found
