"""The device that wrote a FIT file, its sensor of heart rate, and its local offset. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.storable import MOST_OFFSET_MIN
from parsers.fit.activity.values import (
    DEVICE_TIME_END,
    LAST_TIME,
    digits,
    enum_word,
    first_known,
    problem_at,
)
from parsers.fit.errors import Code, FitProblem

if TYPE_CHECKING:
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group

# When UTC and local time differ by more than this, one of the clocks was never set.
_DAY_MIN = 24 * 60
_QUARTER_MIN = 15
# Values of `device_type`. Each kind of connection numbers its own types.
_ANTPLUS_HEART, _BLE_HEART, _WRIST_HEART = 120, 1, 10
# Values of `source_type`: how the sensor is connected.
_ANTPLUS, _BLUETOOTH, _BLE, _LOCAL = 1, 2, 3, 5


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


def read_device(fit: FitFile) -> Device:
    """Return the device that a file names; empty words where it names none."""
    ident, info = fit["file_id"], fit["device_info"]
    maker = enum_word("manufacturer", first_known(ident.numbers("manufacturer")))
    # Of product numbers only Garmin's are named here, but any maker may write a name itself.
    product = next((text for text in ident.texts("product_name") if text), "")
    if not product:
        code = first_known(ident.numbers("product"))
        product = enum_word("garmin_product", code) if maker == "garmin" else digits(code)
    return Device(
        manufacturer=maker,
        product=product,
        serial=digits(first_known(ident.numbers("serial_number"))),
        created=int(created)
        if 0 <= (created := first_known(ident.numbers("time_created"))) < LAST_TIME
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


def read_offset(group: Group, problems: list[FitProblem]) -> int | None:
    """Return the local offset in minutes, from the first activity message with a possible offset.

    Offsets are quarters of an hour. None when the clocks differ by anything else.
    """
    utc = group.numbers("timestamp")
    minutes = (group.numbers("local_timestamp") - utc) / 60
    near = np.flatnonzero((np.abs(minutes) <= _DAY_MIN) & (utc >= DEVICE_TIME_END))  # False for NaN
    possible = near[np.abs(minutes[near]) <= MOST_OFFSET_MIN]
    if len(possible):
        first = float(minutes[possible[0]])
        quarters = round(first / _QUARTER_MIN) * _QUARTER_MIN
        return quarters if abs(first - quarters) <= 1 else None
    if len(near):
        problems.append(
            problem_at(
                Code.LOCAL_TIME, group, int(near[0]), "the local time is not within 14 hours of UTC"
            )
        )
    return None
