"""Values of single messages as plain Python: instants, words and numbers of enums. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.errors import Code, FitProblem
from parsers.fit.profile import enum_values

if TYPE_CHECKING:
    from parsers.fit.columns import Floats
    from parsers.fit.group import Group

FIT_EPOCH = 631_065_600
"""1989-12-31T00:00:00Z in Unix seconds."""
DEVICE_TIME_END = 0x10000000
"""FIT seconds below this count from power-up of the device."""
LAST_TIME = 2**32  # a FIT time is an unsigned integer of 32 bits; a file may give it another type
TIMER_EVENT = 0  # the `event` of the timer
TIMER_STOPS = (1, 4, 8, 9)  # its `event_type`: stop, stop_all, stop_disable, stop_disable_all

_MOST_SECONDS = 2.0**33  # times beyond this are cut to it; both are equally impossible
_MOST_ID = 2.0**64


def fit_epoch_ms(seconds: float) -> int:
    """Return FIT seconds as epoch milliseconds.

    Impossible times become an instant outside of the years that are read, so that they are refused
    later and do not overflow here.
    """
    return milliseconds(seconds) + FIT_EPOCH * 1000


def milliseconds(seconds: float) -> int:
    """Return seconds as milliseconds, cut to what can be."""
    return round(max(-_MOST_SECONDS, min(seconds, _MOST_SECONDS)) * 1000)


def is_date(seconds: float) -> bool:
    """Return whether FIT seconds are a date, and not NaN or a time since power-up."""
    return DEVICE_TIME_END <= seconds <= LAST_TIME


def first_known(values: Floats) -> float:
    """Return the first finite value, NaN for none."""
    known = values[np.isfinite(values)]  # a field may come as a float, and that as infinite
    return float(known[0]) if len(known) else math.nan


def enum_word(type_name: str, value: float) -> str:
    """Return the profile's name of an enum's number, its digits if unknown, "" for no number."""
    if not math.isfinite(value):
        return ""
    return enum_values(type_name).get(int(value), digits(value))


def digits(value: float) -> str:
    """Return a number that may be an id as text, "" for any other."""
    return str(int(value)) if 0 <= value < _MOST_ID else ""  # False for NaN


def problem_at(code: Code, group: Group, row: int, reason: str, count: int = 1) -> FitProblem:
    """Return a problem of a message, with its place in the file."""
    return FitProblem(
        code=code,
        offset=int(group.offsets[row]),
        segment=int(group.segment[row]),
        reason=reason,
        count=count,
    )


def device_time(problems: list[FitProblem], group: Group, stamps: Floats) -> None:
    """Add a problem if any message has the time since power-up where a date should be."""
    early = np.flatnonzero(stamps < DEVICE_TIME_END)
    if len(early):
        reason = f"{group.name} messages with time since power-up, not a date"
        problems.append(problem_at(Code.DEVICE_TIME, group, int(early[0]), reason, len(early)))
