"""What a FIT activity declares: sessions, device, local offset, and sample columns of its records.

FIT seconds become integer epoch milliseconds (UTC). No clock is used, nothing is checked for
plausibility, and no position is read. Times below 0x10000000 count from when a device was switched
on: they are reported, never taken for a date.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from model.storable import MOST_OFFSET_MIN
from parsers.fit.errors import Code, FitProblem
from parsers.fit.profile import enum_values
from parsers.fit.samples import Samples

if TYPE_CHECKING:
    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group

FIT_EPOCH = 631_065_600
"""1989-12-31T00:00:00Z in Unix seconds."""
DEVICE_TIME_END = 0x10000000
"""FIT seconds below this count from power-up of the device."""

MESSAGES = frozenset(
    {"file_id", "device_info", "activity", "session", "record", "monitoring", "event"}
)
"""The messages that are read, with those of `timer_stops`: `decode(data, messages=MESSAGES)`."""

# Sample column -> profile fields; the first field with a value counts.
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
_MOST_SECONDS = 2.0**33  # times beyond this are cut to it; both are equally impossible
_MOST_ID = 2.0**64
# When UTC and local time differ by more than this, one of the clocks was never set.
_DAY_MIN = 24 * 60
_QUARTER_MIN = 15
_SESSION_FIELDS = (
    "start_time",
    "timestamp",
    "total_elapsed_time",
    "total_timer_time",
    "sport",
    "sub_sport",
    "workout_rpe",
    "workout_feel",
    *chain.from_iterable(_TOTALS.values()),
)
# Values of `device_type`. Each kind of connection numbers its own types.
_ANTPLUS_HEART, _BLE_HEART, _WRIST_HEART = 120, 1, 10
# Values of `source_type`: how the sensor is connected.
_ANTPLUS, _BLUETOOTH, _BLE, _LOCAL = 1, 2, 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSession:
    """A declared session: [start_ms, start_ms + length_ms) UTC; the length is the elapsed time.

    `sport` and `sub_sport` are profile names, the number as text where the profile has no name, and
    "" if absent. `exertion_cr10` is workout_rpe / 10 and `feel` is 0..100; both are None when not
    answered. `offset` is the byte at which the session message begins.
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
    """The device that wrote the file, and the time of writing that it states (FIT seconds).

    `heart_from`: "strap" or "wrist" when a device_info message states it, else "".
    """

    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    created: int | None = None
    heart_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Activity:
    """Everything an activity file declares.

    `background` has samples of all-day monitoring, which belong to no recording.
    """

    file_type: str
    sessions: tuple[FitSession, ...]
    device: Device
    offset_min: int | None
    samples: dict[str, Samples]
    background: dict[str, Samples]
    problems: tuple[FitProblem, ...]


def read_activity(fit: FitFile) -> Activity:
    """Return what a decoded file declares; messages that the file lacks give empty parts.

    Never raises an error of its own: what is wrong becomes a problem.
    """
    problems: list[FitProblem] = []
    sessions = tuple(_sessions(fit["session"], problems))
    return Activity(
        file_type=_word("file", _first(fit["file_id"].numbers("type"))),
        sessions=sessions,
        device=_device(fit),
        offset_min=_offset(fit["activity"], problems),
        samples=_samples(fit["record"], _COLUMNS, problems),
        background=_samples(fit["monitoring"], {"heart_rate": ("heart_rate",)}, problems),
        problems=tuple(problems),
    )


def _epoch_ms(seconds: float) -> int:
    """Return FIT seconds as epoch milliseconds.

    Impossible times become an instant outside of the years that are read, so that they are refused
    later and do not overflow here.
    """
    return _milliseconds(seconds) + FIT_EPOCH * 1000


def _milliseconds(seconds: float) -> int:
    return round(max(-_MOST_SECONDS, min(seconds, _MOST_SECONDS)) * 1000)


def _first(values: Floats) -> float:
    known = values[np.isfinite(values)]  # a field may come as a float, and that as infinite
    return float(known[0]) if len(known) else math.nan


def _word(type_name: str, value: float) -> str:
    if math.isnan(value):
        return ""
    return enum_values(type_name).get(int(value), _digits(value))


def _digits(value: float) -> str:
    return str(int(value)) if 0 <= value < _MOST_ID else ""  # False for NaN


def _some(value: float) -> float | None:
    return None if math.isnan(value) else value


def _device_time(problems: list[FitProblem], group: Group, stamps: Floats) -> None:
    """Add a problem if any message has the time since power-up where a date should be."""
    early = np.flatnonzero(stamps < DEVICE_TIME_END)
    if len(early):
        reason = f"{group.name} messages with time since power-up, not a date"
        problems.append(_problem(Code.DEVICE_TIME, group, int(early[0]), reason, len(early)))


def _problem(code: Code, group: Group, row: int, reason: str, count: int = 1) -> FitProblem:
    return FitProblem(
        code=code,
        offset=int(group.offsets[row]),
        segment=int(group.segment[row]),
        reason=reason,
        count=count,
    )


def _sessions(group: Group, problems: list[FitProblem]) -> list[FitSession]:
    starts = group.numbers("start_time")
    _device_time(problems, group, starts)
    columns = {name: group.numbers(name).tolist() for name in _SESSION_FIELDS}
    return [
        _session(group, columns, row) for row in np.flatnonzero(starts >= DEVICE_TIME_END).tolist()
    ]


def _session(group: Group, columns: dict[str, list[float]], row: int) -> FitSession:
    def number(*names: str) -> float:
        return next(
            (value for name in names if math.isfinite(value := columns[name][row])), math.nan
        )

    start, elapsed, moving = (
        columns["start_time"][row],
        number("total_elapsed_time"),
        number("total_timer_time"),
    )
    effort = number("workout_rpe")
    if math.isnan(elapsed):
        # The message is written when the session ends. The NaN of a missing timestamp must be the
        # first argument: `max` keeps it only there.
        elapsed = max(number("timestamp") - start, 0.0)
    if math.isnan(elapsed):
        elapsed = 0.0 if math.isnan(moving) else moving
    return FitSession(
        start_ms=_epoch_ms(start),
        length_ms=_milliseconds(elapsed),
        sport=_word("sport", number("sport")),
        sub_sport=_word("sub_sport", number("sub_sport")),
        moving_ms=None if math.isnan(moving) else _milliseconds(moving),
        # The format stores ten times the grade on Borg CR10.
        exertion_cr10=None if math.isnan(effort) else effort / 10,
        feel=_some(number("workout_feel")),
        totals={name: v for name, names in _TOTALS.items() if not math.isnan(v := number(*names))},
        segment=int(group.segment[row]),
        offset=int(group.offsets[row]),
    )


def _device(fit: FitFile) -> Device:
    ident, info = fit["file_id"], fit["device_info"]
    maker = _word("manufacturer", _first(ident.numbers("manufacturer")))
    # Of product numbers only Garmin's are named here, but any maker may write a name itself.
    product = next((text for text in ident.texts("product_name") if text), "")
    if not product:
        code = _first(ident.numbers("product"))
        product = _word("garmin_product", code) if maker == "garmin" else _digits(code)
    return Device(
        manufacturer=maker,
        product=product,
        serial=_digits(_first(ident.numbers("serial_number"))),
        created=int(created)
        if 0 <= (created := _first(ident.numbers("time_created"))) < _LAST_TIME
        else None,
        heart_from=_heart_from(info),
    )


def _heart_from(info: Group) -> str:
    """Return "strap", "wrist", or "" where the file does not state how heart rate was measured.

    Old files name no source; any heart rate sensor in them is an external sensor.
    """
    kind, source = info.numbers("device_type"), info.numbers("source_type")
    external = (kind == _ANTPLUS_HEART) & (np.isnan(source) | (source <= _ANTPLUS))
    bluetooth = (kind == _BLE_HEART) & ((source == _BLUETOOTH) | (source == _BLE))
    if (external | bluetooth).any():
        return "strap"
    return "wrist" if ((kind == _WRIST_HEART) & (source == _LOCAL)).any() else ""


def _offset(group: Group, problems: list[FitProblem]) -> int | None:
    """Return the local offset in minutes, from the first activity message with a possible offset.

    Offsets are quarters of an hour. None when the clocks differ by anything else.
    """
    utc = group.numbers("timestamp")
    minutes = (group.numbers("local_timestamp") - utc) / 60
    near = np.flatnonzero((np.abs(minutes) <= _DAY_MIN) & (utc >= DEVICE_TIME_END))  # False for NaN
    matches = near[np.abs(minutes[near]) <= MOST_OFFSET_MIN]
    if len(matches):
        first = float(minutes[matches[0]])
        quarters = round(first / _QUARTER_MIN) * _QUARTER_MIN
        return quarters if abs(first - quarters) <= 1 else None
    if len(near):
        problems.append(
            _problem(
                Code.LOCAL_TIME, group, int(near[0]), "the local time is not within 14 hours of UTC"
            )
        )
    return None


def _samples(
    group: Group, wanted: dict[str, tuple[str, ...]], problems: list[FitProblem]
) -> dict[str, Samples]:
    stamps = group.numbers("timestamp")
    _device_time(problems, group, stamps)
    late = np.flatnonzero(stamps > _LAST_TIME)
    if len(late):
        reason = f"{group.name} messages with a time that no file can hold"
        problems.append(_problem(Code.NO_TIME, group, int(late[0]), reason, len(late)))
    # All columns share the instants, so undated messages get a 0 here and are left out below.
    dated = (stamps >= DEVICE_TIME_END) & (stamps <= _LAST_TIME)
    instants = np.where(dated, (stamps + FIT_EPOCH) * 1000, 0).astype(np.int64)
    matches = {}
    for name, fields in wanted.items():
        values = _any_of(group, fields)
        if values is not None and name == "cadence":
            values = values + _fraction(group)
        if values is not None and (valid := dated & np.isfinite(values)).any():
            matches[name] = Samples(t=instants, v=values).where(valid)
    return matches


def _fraction(group: Group) -> Floats:
    """Return the part of a turn that `cadence` leaves out, 0 where the device states none."""
    return np.nan_to_num(group.numbers("fractional_cadence"))


def _any_of(group: Group, fields: tuple[str, ...]) -> Floats | None:
    floats: Floats | None = None
    for name in fields:
        if name in group:
            values = group.numbers(name)
            floats = values if floats is None else np.where(np.isnan(floats), values, floats)
    return floats
