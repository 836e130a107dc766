"""Adds up ISO weeks from their days, without sessions or samples."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from operator import attrgetter

from model.calendar import MINUTE_MS
from model.derived.algorithm import VALID_WEAR_MIN
from model.derived.days import Day, Week, WeekDay
from model.intensity import ZoneTimes
from stream.compute.intensity.dose import dose_minutes


def week_of_days(monday: date, days: Iterable[Day]) -> Week:
    """Return the week that begins on `monday`, from its days.

    `days` has at most one row for each date. Days of other weeks and missing days add nothing. A
    day is valid with at least 600 minutes of wear, and known when it is valid or answered. An
    answer about the week makes all days up to it known, with or without a row.
    """
    rows = _days_of_week(monday, days)
    recalled_sessions, recalled_until = _recalled(rows)
    of_week = tuple(_week_days(monday, rows, recalled_until))
    zones = sum((day.zones for day in rows), ZoneTimes())
    exertion_dose_ms = _sum(rows, "exertion_dose_ms")
    return Week(
        monday=monday,
        sessions=_sum(rows, "sessions"),
        session_ms=_sum(rows, "session_ms"),
        zones=zones,
        dose_min=dose_minutes(zones) + exertion_dose_ms / MINUTE_MS,
        valid_days=sum(map(_is_valid, rows)),
        answered_days=_sum(rows, "answered"),
        known_days=sum(day.known for day in of_week),
        volume=sum((day.volume for day in rows), ZoneTimes()),
        steps=_steps(rows),
        loads=_loads(rows),
        exertion_ms=_sum(rows, "exertion_ms"),
        exertion_dose_ms=exertion_dose_ms,
        in_range_ms=_sum(rows, "in_range_ms"),
        range_known_ms=_sum(rows, "range_known_ms"),
        days=of_week,
        elapsed_ms=_sum(rows, "elapsed_ms"),
        paused_ms=_sum(rows, "paused_ms"),
        recalled_sessions=recalled_sessions,
        recalled_until=recalled_until,
    )


def _sum(days: Iterable[Day], field: str) -> int:
    """Return the sum of a whole number over days."""
    return sum(map(attrgetter(field), days))


def _days_of_week(monday: date, days: Iterable[Day]) -> list[Day]:
    """Return the days from Monday to Sunday, by date."""
    sunday = monday + timedelta(days=6)
    of_week = [day for day in days if monday <= day.local_date <= sunday]
    # Floating-point sums depend on their order, so days are always added in the order of dates.
    return sorted(of_week, key=lambda day: day.local_date)


def _recalled(days: Iterable[Day]) -> tuple[int | None, date | None]:
    """Return the sessions of the last answer about the week, and its date."""
    recalled: tuple[int | None, date | None] = None, None
    for day in days:
        if day.recalled_sessions is not None:
            recalled = day.recalled_sessions, day.local_date
    return recalled


def _week_days(monday: date, days: Iterable[Day], recalled_until: date | None) -> Iterator[WeekDay]:
    """Yield the dates that have a row or are known, in order."""
    by_date = {day.local_date: day for day in days}
    for number in range(7):
        at = monday + timedelta(days=number)
        day = by_date.get(at)
        is_recalled = recalled_until is not None and at <= recalled_until
        if day is not None:
            yield WeekDay(
                local_date=at,
                known=is_recalled or _is_known(day),
                by_type=day.by_type,
                carried=is_carried(day),
                unseen_min=day.unseen_min,
            )
        elif is_recalled:
            yield WeekDay(local_date=at, known=True, by_type=())


def _is_known(day: Day) -> bool:
    # An answer makes a day known, because a patient may train without wearing a device.
    return _is_valid(day) or day.answered


def _is_valid(day: Day) -> bool:
    return day.wear_min >= VALID_WEAR_MIN


def is_carried(day: Day) -> bool:
    """Return whether a phone was carried for as long as a device is worn on a valid date."""
    return day.phone_min >= VALID_WEAR_MIN


def _steps(days: Iterable[Day]) -> int | None:
    """Return the sum of the known steps, None when the steps of no day are known."""
    total: int | None = None
    for day in days:
        if day.steps is not None:
            total = day.steps + (total or 0)
    return total


def _loads(days: Iterable[Day]) -> dict[str, float]:
    """Return the sum of each load over days, added in their order."""
    totals: dict[str, float] = {}
    for day in days:
        for name, value in day.loads.items():
            totals[name] = totals.get(name, 0.0) + value
    return totals
