"""Places the local times of a date, whose offset from UTC Polar does not state. Pure.

A workout of the same date may state an offset, and a fetched answer comes with the patient's zone.
What placed the times is written into the kept answer, so that a replay places them alike. Nothing
is placed by a guess: without an offset and without a zone such times are refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from model.calendar import DAY_MS, MINUTE_MS, day_bounds, epoch_ms, known_zone, zone_offset_min
from model.facts import RejectKind
from model.received import Context
from model.storable import is_offset
from parsers.bounds import readable
from parsers.fields import JsonObject, Unreadable
from parsers.local_times.named_zone import NO_OFFSET

PLACED_BY = "kadens"  # the member of a kept answer that says by what its times were placed
_MARKED = re.compile(r"UTC([+-][0-9]{1,3})")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?", re.ASCII)
_HOURS, _SIXTY = 24, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClock:
    """By what local times are placed: minutes east of UTC, or else an IANA zone."""

    offset_min: int | None = None
    zone: str = ""

    @property
    def note(self) -> JsonObject:
        """Return what places the times, for the kept answer."""
        if self.offset_min is None:
            return {"zone": self.zone}
        # with the zone: on a date on which its clocks change, one offset is not enough
        zone = {"zone": self.zone} if self.zone else {}
        return {"offset_min": self.offset_min, **zone}

    @property
    def places(self) -> bool:
        """Return whether a local time can be placed at all."""
        return self.offset_min is not None or bool(self.zone)

    def of_date(self, day: date) -> "LocalClock":
        """Return the clock of a date: the zone itself where the stated offset is one of its own.

        A zone changes its offset in the middle of some dates, and a single offset cannot.
        """
        stated = self.offset_min
        if stated is None or not self.zone:
            return self
        # at both ends of the date, because a change of clocks gives the zone two offsets on it
        own = {zone_offset_min(at_ms, self.zone) for at_ms in day_bounds(day, self.zone)}
        return LocalClock(zone=self.zone) if stated in own else LocalClock(offset_min=stated)

    def instants(self, day: date, shown: Sequence[int], where: str) -> Iterator[int]:
        """Yield the epoch ms of times of a date (ms after its midnight), in the order they came.

        A clock that goes back shows an hour for the second time. Raises Unreadable where nothing
        places a time, and for a time beyond the years that are read.
        """
        # times that occur once have the same offset with either fold
        fold, before = 0, -1
        for after_ms in shown:
            fold = fold or int(after_ms < before)
            before = after_ms
            yield self._placed(day, after_ms, fold, where)

    def instant(self, day: date, where: str, after_ms: int = 0) -> int:
        """Return the epoch ms of a time of a date, by default of its midnight."""
        return self._placed(day, after_ms, 0, where)

    def _placed(self, day: date, after_ms: int, fold: int, where: str) -> int:
        shown_ms = (day.toordinal() - _EPOCH_DAY) * DAY_MS + after_ms
        # before a zone is asked: the calendar has no date before its first
        if not (readable(shown_ms - DAY_MS) or readable(shown_ms + DAY_MS)):
            raise Unreadable(where, _BEYOND, RejectKind.RANGE)
        if self.offset_min is not None:
            placed = shown_ms - self.offset_min * MINUTE_MS
        elif self.zone:
            placed = shown_ms - _minutes(self.zone, shown_ms // MINUTE_MS, fold) * MINUTE_MS
        else:
            raise Unreadable(where, NO_OFFSET)
        if not readable(placed):
            raise Unreadable(where, _BEYOND, RejectKind.RANGE)
        return placed


_BEYOND = "not between the years 2000 and 2100"
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=65_536)
def _minutes(zone: str, shown_min: int, fold: int) -> int:
    """Return the offset of a zone at a local time, in minutes since 1970 on its clock."""
    shown = datetime(1970, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(minutes=shown_min)
    shown = shown.replace(fold=fold)
    return (epoch_ms(shown.replace(tzinfo=UTC)) - epoch_ms(shown.astimezone(UTC))) // MINUTE_MS


def clock_of(context: Context, document: object) -> LocalClock:
    """Return the clock of an answer: as noted in a kept one, else by its request and its zone."""
    note = document.get(PLACED_BY) if isinstance(document, dict) else None
    if isinstance(note, dict):
        return _noted(note)
    requested = context.requested
    # the key is what comes back with an answer; the query of a fetch does not
    marked = _MARKED.fullmatch(requested.key.rpartition("/")[2]) if requested else None
    stated = int(marked[1]) if marked else None
    return LocalClock(offset_min=stated, zone=context.zone)


def _noted(note: Mapping[str, object]) -> LocalClock:
    offset, zone = note.get("offset_min"), note.get("zone")
    known = isinstance(offset, int) and is_offset(offset)
    try:
        name = known_zone(zone) if isinstance(zone, str) and zone else ""
    except ValueError:
        name = ""
    return LocalClock(offset_min=int(str(offset)) if known else None, zone=name)


def offset_mark(offset_min: int) -> str:
    """Return the end of a fetch's key that carries an offset to the reader of its answer."""
    return f"UTC{offset_min:+d}"


def clock_ms(value: object, where: str) -> int:
    """Return a time of day, "23:05" or "23:05:30.5", as ms after midnight."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unreadable(where, "not a time of day")
    hour, minute, second, part = match.groups(default="0")
    if int(hour) >= _HOURS or int(minute) >= _SIXTY or int(second) >= _SIXTY:
        raise Unreadable(where, "not a time of day")
    shown = time(int(hour), int(minute), int(second), int(f"{part:0<6}"[:6]))
    seconds = shown.hour * 3600 + shown.minute * 60 + shown.second
    return seconds * 1000 + shown.microsecond // 1000


def date_of(value: object, where: str) -> date:
    """Return a local date, which may have a time of day behind it."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else _no_date(where)
    except ValueError as error:
        raise Unreadable(where, "not a date") from error


def _no_date(where: str) -> date:
    raise Unreadable(where, "not a date")


def moment_ms(value: object, day: date, where: str) -> int:
    """Return a local time, "2026-10-05T07:01" or "07:01", as ms after the midnight of a date."""
    if not isinstance(value, str):
        raise Unreadable(where, "not a local time")
    written, joint, clock = value.partition("T")
    if not joint:
        return clock_ms(value, where)
    return (date_of(written, where) - day).days * DAY_MS + clock_ms(clock, where)
