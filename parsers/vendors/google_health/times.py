"""Google's times: RFC 3339 in UTC, beside it a local clock without a zone or an offset. Pure.

    {"physicalTime": "2026-11-20T08:00:00Z", "utcOffset": "10800s",
     "civilTime": {"date": {"year": 2026, "month": 11, "day": 20}, "time": {"hours": 11}}}

Members that are 0 are left out, so that a local clock without a time shows midnight.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from model.calendar import DAY_MS, epoch_ms
from model.facts import RejectKind
from parsers.bounds import readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    instant_of,
    kept_without,
    number_of,
    object_of,
    real_offset,
)

# Google writes durations and offsets alike: `-18000s`.
_DURATION = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,9}))?s")
_CIVIL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?(?:\.[0-9]+)?")
# 19 digits hold every whole number of 64 bits; float64 keeps what is read of them.
_NUMBER = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,19})?")
_MINUTE_MS, _SECOND_MS = 60_000, 1_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MOST_SHIFT_MS = 15 * 60 * _MINUTE_MS
_CLOCK = ("hours", 24), ("minutes", 60), ("seconds", 60)


def google_number(value: object, where: str) -> float:
    """Return a number; whole numbers of 64 bits are written as texts."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return number_of(value, where)


def seconds_ms(value: object, where: str) -> int:
    """Return a duration, `3065.400s`, in ms."""
    parts = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise Unreadable(where, "not a duration in seconds")
    ms = int(parts[2]) * _SECOND_MS + int((parts[3] or "0").ljust(3, "0")[:3])
    return -ms if parts[1] else ms


def civil_date(value: object, where: str) -> date:
    """Return a date that is written as an object of year, month and day."""
    written = object_of(value, where)
    parts = [_integer(written.get(name), f"{where}.{name}") for name in ("year", "month", "day")]
    try:
        return date(*parts)
    except (ValueError, OverflowError) as error:
        raise Unreadable(where, "not a date that exists") from error


def midnight_ms(day: date, where: str) -> int:
    """Return the midnight at which a date begins, in epoch ms as if its clock were UTC."""
    ms = (day.toordinal() - _EPOCH_DAY) * DAY_MS
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms


def civil_ms(value: object, where: str) -> int:
    """Return what a local clock shows, in epoch ms as if it were UTC: an object or ISO 8601."""
    if isinstance(value, str):
        return _written_civil_ms(value, where)
    written = object_of(value, where)
    shown = written.get("time")
    clock = object_of({} if shown is None else shown, f"{where}.time")
    # Without a time it is midnight, because zeros are left out.
    ms = midnight_ms(civil_date(written.get("date"), f"{where}.date"), where)
    seconds = 0
    for name, most in _CLOCK:
        # null is left out as well
        part = _integer(clock.get(name) or 0, f"{where}.time.{name}")
        # 24:00 of a day and a leap second are written by some clocks
        if not 0 <= part <= most:
            raise Unreadable(f"{where}.time.{name}", "not a time of a clock", RejectKind.RANGE)
        seconds = seconds * 60 + part
    return ms + seconds * _SECOND_MS


def _written_civil_ms(value: str, where: str) -> int:
    if not _CIVIL.fullmatch(value):
        raise Unreadable(where, "not a local time without an offset")
    try:
        ms = epoch_ms(datetime.fromisoformat(value).replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise Unreadable(where, "not a time that exists") from error
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms


def _integer(value: object, where: str) -> int:
    number = google_number(value, where)
    if not number.is_integer() or abs(number) > 1e6:  # noqa: PLR2004 - beyond any part of a time
        raise Unreadable(where, "not a whole number")
    return int(number)


def offset_between(physical_ms: int, shown_ms: int, where: str) -> int:
    """Return by how many minutes a local clock is east of UTC, from both at one instant."""
    # A local clock has whole seconds, and the physical one may have more digits.
    shift_ms = shown_ms - physical_ms // _SECOND_MS * _SECOND_MS
    minutes = round(shift_ms / _MINUTE_MS)
    if abs(shift_ms) > _MOST_SHIFT_MS or abs(shift_ms - minutes * _MINUTE_MS) >= _SECOND_MS:
        raise Unreadable(where, "a local clock that no offset from UTC explains", RejectKind.RANGE)
    return real_offset(minutes, where)


def stated_offset(
    ms: int,
    times: Mapping[str, Any],
    names: tuple[str, str],
    where: str,
    errors: list[Unreadable],
) -> int | None:
    """Return the offset in minutes that goes with an instant, None where nothing shows it.

    `names` are the members of `times` with the offset and with the local clock.
    """
    # What is written as an offset comes before what two clocks show.
    for name, read in zip(names, (_offset, _shown_offset), strict=True):
        if times.get(name) is not None:
            location = f"{where}.{name}"
            minutes = kept_without(errors, None, read, ms, times[name], location)
            if minutes is not None:
                return minutes
    return None


def _offset(_ms: int, value: object, where: str) -> int | None:
    return real_offset(round(seconds_ms(value, where) / _MINUTE_MS), where)


def _shown_offset(ms: int, value: object, where: str) -> int | None:
    return offset_between(ms, civil_ms(value, where), where)


def sample_moment(value: object, where: str, errors: list[Unreadable]) -> tuple[int, int | None]:
    """Return the instant of a sample in epoch ms, and its offset in minutes."""
    times = object_of(value, where)
    ms, offset = instant_of(times.get("physicalTime"), f"{where}.physicalTime")
    stated = stated_offset(ms, times, ("utcOffset", "civilTime"), where, errors)
    return ms, offset if stated is None else stated


def interval_moments(
    value: object, where: str, errors: list[Unreadable]
) -> tuple[int, int, int | None]:
    """Return [start, end) of an interval in epoch ms, and its offset in minutes at the start."""
    times: JsonObject = object_of(value, where)
    start, _ = instant_of(times.get("startTime"), f"{where}.startTime")
    end, _ = instant_of(times.get("endTime"), f"{where}.endTime")
    if end <= start:
        raise Unreadable(f"{where}.endTime", "not after the start", RejectKind.RANGE)
    return start, end, interval_start(times, where, errors)[1]


def interval_start(value: object, where: str, errors: list[Unreadable]) -> tuple[int, int | None]:
    """Return the start of an interval in epoch ms, and its offset in minutes there."""
    times: JsonObject = object_of(value, where)
    start, offset = instant_of(times.get("startTime"), f"{where}.startTime")
    stated = stated_offset(start, times, ("startUtcOffset", "civilStartTime"), where, errors)
    return start, offset if stated is None else stated


def next_day(day: date) -> date:
    """Return the date after another one."""
    return day + timedelta(days=1)
