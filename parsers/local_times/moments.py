"""Reads the times that phone apps write: local time with an offset, in many spellings. Pure.

`2026-10-05 07:57:00 +1000` is the usual form. Phones that are set to 12 hours write `7:57:00 am`,
with a narrow space before it. Some members hold epoch seconds, relays write RFC 3339, and tables
have neither seconds nor an offset. Nothing is guessed: a local time without an offset is placed
only by the zone that is given.
"""

import re
from collections.abc import Sequence
from datetime import date, time
from functools import lru_cache
from typing import NamedTuple

from model.calendar import DAY_MS, local_instant, second_local_instant, utc
from model.facts import RejectKind
from parsers.bounds import readable
from parsers.fields import Unreadable, zone_offset
from parsers.local_times.halves import hours_of_clock
from parsers.local_times.named_zone import NO_OFFSET

_MINUTE_MS = 60_000
_USUAL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}):([0-5][0-9]):([0-5][0-9]) ([+-][0-9]{4})", re.ASCII
)
# Digits of other scripts and every kind of space are what phones of other languages write. Some of
# them put the half of the day before the hour, or points between the parts of a time.
_HALF = r"(?![Zz]$)[^\W\d_][^\d+-]*?"
_WRITTEN = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    rf"(?:[Tt\s]+(?P<before>{_HALF})?\s*(?P<hour>\d{{1,2}})(?P<mark>[:.])(?P<minute>\d{{2}})"
    r"(?:(?P=mark)(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    rf"\s*(?P<half>{_HALF})?)?"
    r"\s*(?P<offset>[Zz]|[+\u2212-][0-9]{2}:?[0-9]{2})?"
)
_LONGEST_TIME = 64  # characters
_FIRST_MS = 100_000_000_000  # epoch seconds of the year 5138, epoch milliseconds of 1973
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DIGITS = re.compile(r"[0-9]{9,13}(?:\.[0-9]{1,9})?", re.ASCII)


class Moment(NamedTuple):
    """An instant with the clock that showed it.

    `ms` is epoch ms, `offset` minutes east of UTC, None when none is written. `local_ms` is what
    the clock showed, as if it were UTC; None when that is unknown. `placed` is False for a local
    time without an offset: then `ms` is no instant but the clock.
    """

    ms: int
    offset: int | None
    local_ms: int | None
    placed: bool = True

    @property
    def local_date(self) -> date:
        """Return the date on the clock, in UTC where the clock is unknown."""
        shown_ms = self.ms if self.local_ms is None else self.local_ms
        return date.fromordinal(_EPOCH_DAY + shown_ms // DAY_MS)


def moment_of(value: object, where: str, zone: str = "") -> Moment:
    """Return the moment that a member of a body or a cell of a table holds.

    `zone` is the IANA zone of local times without an offset, "" when it is unknown. Raises
    Unreadable for anything that is no time between 2000 and 2100.
    """
    moment = _usual(value) if isinstance(value, str) else None
    if moment is None:
        moment = _any(value, where, zone)
    if not readable(moment.ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return moment


def placed_moment(value: object, where: str, zone: str = "") -> Moment:
    """Return a moment that is an instant; Unreadable for a local time without an offset."""
    moment = moment_of(value, where, zone)
    if not moment.placed:
        raise Unreadable(where, NO_OFFSET)
    return moment


def in_table_order(moments: Sequence[Moment | None], zone: str) -> list[Moment | None]:
    """Return the moments of the rows of a table, those of an hour that comes twice one by one.

    `zone` is the IANA zone of local times without an offset. Where the clock is set back, a row is
    not before the row above it: it is of the second hour then. A table from the last row on is left
    as it is.
    """
    placed = [moment for moment in moments if moment is not None and moment.placed]
    if not zone or not placed or placed[-1].ms < placed[0].ms:
        return list(moments)
    ordered: list[Moment | None] = []
    reached = -1
    for moment in moments:
        at = moment
        if at is not None and at.placed:
            if at.offset is None and at.local_ms is not None and at.ms <= reached:
                second = at._replace(ms=_second_time(at.local_ms, zone))
                at = second if second.ms > reached else at
            reached = max(reached, at.ms)
        ordered.append(at)
    return ordered


def _second_time(local_ms: int, zone: str) -> int:
    """Return the epoch ms at which a clock shows a time for the second time, or the only one."""
    shown = utc(local_ms)
    return second_local_instant(shown.date(), shown.time(), zone)


def _usual(text: str) -> Moment | None:
    match = _USUAL.fullmatch(text)
    if match is None or int(match[2]) >= 24:  # noqa: PLR2004 - hours of a day
        return None
    start = _day_start(match[1], match[5])
    if start is None:
        return None
    midnight_ms, offset = start
    shown = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
    ms = midnight_ms + shown * 1000
    return Moment(ms, offset, ms + offset * _MINUTE_MS)


@lru_cache(maxsize=4096)
def _day_start(day: str, written: str) -> tuple[int, int] | None:
    """Return the epoch ms at which a date begins at a written offset, and the offset."""
    try:
        offset = zone_offset(written, "") or 0
        return _days_ms(date.fromisoformat(day)) - offset * _MINUTE_MS, offset
    except ValueError:  # Unreadable is one as well: the other way of reading says what is wrong
        return None


def _days_ms(day: date) -> int:
    return (day.toordinal() - _EPOCH_DAY) * DAY_MS


def _any(value: object, where: str, zone: str) -> Moment:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value) if abs(value) < _FIRST_MS * 1000 else 0.0
        ms = seconds if abs(seconds) >= _FIRST_MS else seconds * 1000
        if not 0 <= ms < _FIRST_MS * 1000:
            raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
        return Moment(int(ms), None, None)
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        raise Unreadable(where, "not a time")
    match = _WRITTEN.fullmatch(value.strip())
    if match is None:
        raise Unreadable(where, "not a time with date and offset")
    return _of_parts(match, where, zone)


def _of_parts(match: re.Match[str], where: str, zone: str) -> Moment:
    parts = match.groupdict(default="")
    hour, fraction, half = parts["hour"], parts["fraction"], parts["before"] or parts["half"]
    written = parts["offset"].replace("\u2212", "-")
    try:
        shown_date = date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
        minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
        at = time(_hour(hour or "0", half, where), minute, second)
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(where, "not a time that exists") from error
    part_ms = int(f"{fraction:0<3}"[:3]) if fraction else 0
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    local_ms = _days_ms(shown_date) + seconds * 1000 + part_ms
    if written in ("Z", "z"):
        return Moment(local_ms, None, None)
    offset = zone_offset(written or None, where)
    if offset is not None:
        return Moment(local_ms - offset * _MINUTE_MS, offset, local_ms)
    if zone and hour and readable(local_ms):
        return Moment(local_instant(shown_date, at, zone) + part_ms, None, local_ms)
    return Moment(local_ms, None, local_ms, placed=False)


def _hour(written: str, half: str, where: str) -> int:
    """Return the hour of 0 to 23 of what a clock of 12 or 24 hours shows."""
    hour = int(written)
    if not half:
        return hour
    hours = hours_of_clock(hour, half)
    if len(hours) != 1:
        raise Unreadable(where, "not a time of a clock with 12 hours")
    return hours[0]
