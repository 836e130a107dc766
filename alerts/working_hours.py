"""When the clinicians of a care unit work: weekdays, hours, public holidays and closed days. Pure.

Escalation counts working time, and messages wait for it. Nothing here reads a clock or decides what
follows from the time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from model.calendar import epoch_ms, known_zone, local_date, midnight
from model.words.language import _

# Days on which a country does not work although no law says so, such as Midsummer Eve in Sweden.
_CATEGORIES = ("public", "de_facto")
_DAY_MINUTES = 1_440
_SUNDAY = 7  # the last weekday of ISO 8601
_CLOCK = re.compile(r"([01][0-9]|2[0-3]|24(?=:00)):([0-5][0-9])")
_MOST_CLOSED = 366
# No holiday season is this long: hours without a working day in it are a mistake.
_SEARCHED_DAYS = 400
_FIELDS = frozenset({"zone", "weekdays", "opens", "closes", "country", "subdivision", "closed"})


class WorkingHoursError(ValueError):
    """Working hours that cannot be: `field` is wrong, and `text` says what it must be."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """The working hours of a care unit, in the local time of `zone` (IANA).

    `weekdays` are ISO numbers, Monday is 1. `opens_min` and `closes_min` are minutes of the local
    day, 1440 its end. `country` (ISO 3166-1) and `subdivision` (ISO 3166-2) select the public
    holidays, "" for none. `closed` are further dates on which nobody works.

    A time that the clocks skip counts as if they had not been changed. Of a time that comes twice,
    the unit opens at the first and closes at the second.
    """

    zone: str
    weekdays: tuple[int, ...]
    opens_min: int
    closes_min: int
    country: str = ""
    subdivision: str = ""
    closed: tuple[date, ...] = ()

    def is_working(self, at_ms: int) -> bool:
        """Return whether an instant (epoch ms) lies in working hours; the closing time does not."""
        span = self._span(local_date(at_ms, self.zone))
        return span is not None and span[0] <= at_ms < span[1]

    def add_working_ms(self, at_ms: int, ms: int) -> int:
        """Return the first instant (epoch ms) by which `ms` of working time have passed.

        With 0 the result is `at_ms` within working hours, and the next opening outside of them.
        """
        left = ms
        for start, end in self._spans(at_ms):
            begin = max(start, at_ms)
            # What ends exactly at closing time has ended: it need not wait for the next day.
            if left <= end - begin and (left or begin < end):
                return begin + left
            left -= end - begin
        raise WorkingHoursError("weekdays", _("no working day within a year"))

    def working_ms_between(self, start_ms: int, end_ms: int) -> int:
        """Return how many ms of [start, end) are working time."""
        total = 0
        for start, end in self._spans(start_ms):
            if start >= end_ms:
                break
            total += min(end, end_ms) - max(start, start_ms)
        return total

    def working_day(self, at_ms: int) -> date:
        """Return the working day that an instant belongs to: its own date, or the next.

        After closing time, at night and on a holiday that is the next working day.
        """
        return local_date(self.add_working_ms(at_ms, 0), self.zone)

    def last_closing(self, at_ms: int) -> int:
        """Return when the unit last closed by an instant (epoch ms): its working day begins there.

        What comes in at night counts for the day that follows.
        """
        day = local_date(at_ms, self.zone)
        for back in range(_SEARCHED_DAYS):
            span = self._span(day - timedelta(days=back))
            if span is not None and span[1] <= at_ms:
                return span[1]
        raise WorkingHoursError("weekdays", _("no working day within a year"))

    def next_closing(self, at_ms: int) -> int:
        """Return when the unit closes next after an instant (epoch ms), as in `last_closing`."""
        for _start, end in self._spans(at_ms):
            return end
        raise WorkingHoursError("weekdays", _("no working day within a year"))

    def is_open_on(self, day: date) -> bool:
        """Return whether the unit works on a local date."""
        is_workday = day.isoweekday() in self.weekdays and day not in self.closed
        return is_workday and day not in _holidays(self.country, self.subdivision, day.year)

    def _span(self, day: date) -> tuple[int, int] | None:
        """Return [opening, closing) of a local date in epoch ms, None when it is no working day."""
        if not self.is_open_on(day):
            return None
        return _instant(day, self.opens_min, self.zone)[0], _instant(
            day, self.closes_min, self.zone
        )[1]

    def _spans(self, at_ms: int) -> Iterator[tuple[int, int]]:
        """Yield the working spans that end after an instant, in order, with a bound."""
        first = local_date(at_ms, self.zone)
        last_open = first
        day = first
        while day - last_open < timedelta(days=_SEARCHED_DAYS):
            span = self._span(day)
            if span is not None:
                last_open = day
                if span[1] > at_ms:
                    yield span
            day += timedelta(days=1)


# [P] Where a care unit has set nothing: office hours in Sweden.
DEFAULT_HOURS = WorkingHours(
    zone="Europe/Stockholm",
    weekdays=(1, 2, 3, 4, 5),
    opens_min=8 * 60,
    closes_min=17 * 60,
    country="SE",
)


def _zone(name: str) -> str:
    try:
        return known_zone(name)
    except ValueError as error:
        why = _("must be an IANA time zone, such as Europe/Stockholm")
        raise WorkingHoursError("zone", why) from error


def parse_hours(value: Mapping[str, Any]) -> WorkingHours:
    """Return working hours from their JSON form, as `hours_json` writes it.

    Raises `WorkingHoursError` for an unknown field or a value out of its range.
    """
    unknown = sorted(value.keys() - _FIELDS)
    if unknown:
        raise WorkingHoursError(unknown[0], _("no field of working hours"))
    zone = _zone(str(value.get("zone", "")))
    opens, closes = _minute(value, "opens"), _minute(value, "closes")
    if opens >= closes:
        raise WorkingHoursError("closes", _("must be later than opens, on the same day"))
    country, subdivision = str(value.get("country", "")), str(value.get("subdivision", ""))
    _check_country(country, subdivision)
    return WorkingHours(
        zone=zone,
        weekdays=_weekdays(value.get("weekdays")),
        opens_min=opens,
        closes_min=closes,
        country=country,
        subdivision=subdivision,
        closed=_closed(value.get("closed", [])),
    )


def hours_json(hours: WorkingHours) -> dict[str, Any]:
    """Return working hours as JSON values, the form in which a care unit's are stored."""
    return {
        "zone": hours.zone,
        "weekdays": list(hours.weekdays),
        "opens": _clock(hours.opens_min),
        "closes": _clock(hours.closes_min),
        "country": hours.country,
        "subdivision": hours.subdivision,
        "closed": [day.isoformat() for day in hours.closed],
    }


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country in a year; none without a country."""
    if not country:
        return frozenset()
    known = holidays.country_holidays(country, subdiv=subdivision or None)
    categories = tuple(name for name in _CATEGORIES if name in known.supported_categories)
    return frozenset(
        holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, categories=categories
        )
    )


@lru_cache(maxsize=8_192)
def _instant(day: date, minute: int, zone: str) -> tuple[int, int]:
    """Return the first and the last instant (epoch ms) of a minute of a local date."""
    if minute == _DAY_MINUTES:
        end = midnight(day + timedelta(days=1), zone)
        return end, end
    clock = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))
    first = epoch_ms(clock.astimezone(UTC))
    # For a time that is skipped, the second reading lies before the first and is none.
    return first, max(first, epoch_ms(clock.replace(fold=1).astimezone(UTC)))


def _minute(value: Mapping[str, Any], field: str) -> int:
    """Return the minute of the day of a clock time "HH:MM", 24:00 included."""
    match = _CLOCK.fullmatch(str(value.get(field, "")))
    if match is None:
        raise WorkingHoursError(field, _("must be a time from 00:00 to 24:00, such as 08:00"))
    return int(match[1]) * 60 + int(match[2])


def _weekdays(value: object) -> tuple[int, ...]:
    numbers = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    # A bool is an int to Python, but no weekday to a person.
    fitting = [day for day in numbers if type(day) is int and 1 <= day <= _SUNDAY]
    if not fitting or len(fitting) != len(numbers):
        raise WorkingHoursError("weekdays", _("must be numbers from 1 (Monday) to 7, at least one"))
    return tuple(sorted(set(fitting)))


def _closed(value: object) -> tuple[date, ...]:
    wanted = _("must be a list of at most %(most)s dates, such as 2026-06-05", most=_MOST_CLOSED)
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > _MOST_CLOSED:
        raise WorkingHoursError("closed", wanted)
    try:
        return tuple(sorted(set(map(date.fromisoformat, value))))
    except (TypeError, ValueError) as error:
        raise WorkingHoursError("closed", wanted) from error


def _check_country(country: str, subdivision: str) -> None:
    known = holidays.list_supported_countries()
    if country and country not in known:
        text = _("must be a code of ISO 3166-1 with known holidays, or ''")
        raise WorkingHoursError("country", text)
    if subdivision and subdivision not in known.get(country, []):
        text = _("must be a code of ISO 3166-2 of the country, or ''")
        raise WorkingHoursError("subdivision", text)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
