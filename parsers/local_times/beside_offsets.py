"""Local times with an offset beside them, and lengths of time. Pure.

Nothing is guessed: a local time without an offset is placed only by the zone that is given.
"""

import re

from model.calendar import MINUTE_MS
from parsers.fields import Unreadable, number_within, real_offset
from parsers.local_times.moments import moment_of
from parsers.local_times.named_zone import NO_OFFSET

_LENGTH = re.compile(
    r"P(?:(?P<days>[0-9]{1,3})D)?(?:T(?:(?P<hours>[0-9]{1,4})H)?(?:(?P<minutes>[0-9]{1,6})M)?"
    r"(?:(?P<seconds>[0-9]{1,8}(?:\.[0-9]{1,9})?)S)?)?"
)
_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s", re.ASCII)
_LONGEST_MS = 1e18  # who asks has a bound of its own
_UNIT_MS = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000}


def placed_ms(value: object, offset_min: int | None, where: str, zone: str = "") -> int:
    """Return the epoch ms of a local time; `offset_min` is what its record states, else `zone`.

    Raises Unreadable for no time, and for a local time of which nobody states the offset.
    """
    moment = moment_of(value, where, zone if offset_min is None else "")
    if moment.placed:
        return moment.ms
    if offset_min is None:
        raise Unreadable(where, NO_OFFSET)
    return moment.ms - offset_min * MINUTE_MS


def duration_ms(value: object, where: str) -> float:
    """Return a length of time in ms: a number of ms, or a text such as "80s" or "PT1M20S"."""
    seconds = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    if seconds is not None:
        return float(seconds[1]) * 1000
    if isinstance(value, str):
        return length_ms(value, where)
    return number_within(value, 0, _LONGEST_MS, where)


def offset_of(value: object, where: str) -> int:
    """Return an offset in minutes east of UTC."""
    return real_offset(round(number_within(value, -10_000, 10_000, where)), where)


def length_ms(value: object, where: str) -> int:
    """Return a length of time as ISO 8601 writes it, "PT45M3.5S", in milliseconds."""
    match = _LENGTH.fullmatch(value) if isinstance(value, str) and len(value) > 1 else None
    if match is None:
        raise Unreadable(where, "not a length of time")
    total = 0.0
    for name, unit_ms in _UNIT_MS.items():
        total += float(match[name] or 0) * unit_ms
    return round(total)
