"""Instants, local days and ISO weeks.

The zone and the instant are always arguments; nothing here reads a clock.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2199, 12, 31)  # what a person may mean by a date
# Python alone reads many more forms, such as week dates and hours without minutes.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
# Names that tzdata or a system knows besides: of no region, or with a clock of their own.
_NOT_REGIONS = ("Factory", "localtime", "posixrules")
_OTHER_CLOCKS = ("posix/", "right/")
DATE_RANGE = f"must be a date from {FIRST_DATE} to {LAST_DATE}"


def epoch_ms(instant: datetime) -> int:
    """Return an aware datetime as integer epoch milliseconds (floor)."""
    # Division of timedeltas is exact; `timestamp()` is a float and may round to another ms.
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def utc(ms: int) -> datetime:
    """Return epoch milliseconds as an aware UTC datetime, exact to the millisecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def rfc3339(ms: int) -> str:
    """Return epoch milliseconds as RFC 3339 in UTC.

    Milliseconds are written with three digits, or left out when they are 0.
    """
    spec = "seconds" if ms % 1000 == 0 else "milliseconds"
    return utc(ms).isoformat(timespec=spec).replace("+00:00", "Z")


def rfc3339_ms(text: str) -> int:
    """Return an RFC 3339 instant with its offset as epoch ms (floor); ValueError for other texts.

    As people write it, a space may stand between date and time, and the seconds may be left out. No
    second is a leap second.

    >>> rfc3339_ms("2026-11-20T08:00:00+01:00")
    1795158000000
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an RFC 3339 instant with its offset")
    # RFC 3339 allows a small t and z, Python only a capital Z.
    return epoch_ms(datetime.fromisoformat(text.upper()))


def rfc3339_if_known(ms: int | None) -> str | None:
    """Return an instant as `rfc3339` does, None for None."""
    return None if ms is None else rfc3339(ms)


def known_zone(name: str) -> str:
    """Return the name of an IANA zone in which somebody may live; raises ValueError for any other.

    >>> known_zone("Europe/Helsinki")
    'Europe/Helsinki'
    """
    try:
        if name not in _NOT_REGIONS and not name.startswith(_OTHER_CLOCKS):
            return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        pass
    raise ValueError("must be an IANA time zone, such as Europe/Helsinki")


def local_date(ms: int, zone: str) -> date:
    """Return the calendar date at an instant in an IANA zone."""
    return utc(ms).astimezone(ZoneInfo(zone)).date()


def local_time(ms: int, zone: str) -> str:
    """Return the hour and minute at an instant in an IANA zone, such as 08:03."""
    return utc(ms).astimezone(ZoneInfo(zone)).strftime("%H:%M")


# The dates of a patient are asked for again and again: 65,536 are those of 180 years.
@lru_cache(maxsize=65_536)
def midnight(day: date, zone: str) -> int:
    """Return the epoch ms at which a local date begins in an IANA zone."""
    # Where clocks skip midnight, Python applies the offset before the change, which gives the
    # instant of the change. Where midnight occurs twice, the first counts.
    return epoch_ms(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))


@lru_cache(maxsize=65_536)
def local_instant(day: date, at: time, zone: str) -> int:
    """Return the epoch ms of a time of day on a local date in an IANA zone.

    A time that comes twice is the first of both; one that is skipped is the instant of the change.
    """
    return epoch_ms(datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC))


def second_local_instant(day: date, at: time, zone: str) -> int:
    """Return the epoch ms of a time as `local_instant` does, the second where it comes twice."""
    return epoch_ms(datetime.combine(day, at.replace(fold=1), ZoneInfo(zone)).astimezone(UTC))


def day_bounds(day: date, zone: str) -> tuple[int, int]:
    """Return [start, end) of a local date in epoch ms.

    The date lasts 24 hours, or usually 23 or 25 when the clocks change.
    """
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def monday(day: date) -> date:
    """Return the Monday of the ISO week of a date."""
    return day - timedelta(days=day.weekday())


def first_full_week(day: date) -> date:
    """Return the Monday of the first full week from a date on: the date itself on a Monday."""
    return day + timedelta(days=-day.weekday() % 7)


def week_bounds(first: date, zone: str) -> tuple[int, int]:
    """Return [start, end) in epoch ms of the local ISO week that begins on the Monday `first`."""
    return midnight(first, zone), midnight(first + timedelta(days=7), zone)


def dates_between(start_ms: int, end_ms: int, zone: str) -> list[date]:
    """Return the local dates that [start, end) touches, in order.

    An empty span touches the date of its start.
    """
    first = local_date(start_ms, zone)
    last = local_date(max(end_ms - 1, start_ms), zone)
    # Dates are counted, not spans of 24 hours: a day in the zone may have 23 or 25.
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def zone_offset_min(ms: int, zone: str) -> int:
    """Return the offset from UTC of an IANA zone at an instant, in whole minutes east."""
    shift = utc(ms).astimezone(ZoneInfo(zone)).utcoffset()
    # Before standard time, zones had offsets with seconds.
    return round(shift.total_seconds() / 60) if shift is not None else 0
