"""Adds up ISO weeks from their days, without sessions or samples."""

from collections.abc import Iterable
from datetime import date, timedelta

from model.calendar import MINUTE_MS
from model.derived import Day, Week
from model.intensity import ZoneTimes

VALID_WEAR_MIN = 600


def dose_minutes(zones: ZoneTimes) -> float:
    """Return the dose in minutes: moderate + 2 x (vigorous + near_max).

    Source: Swedish National Board of Health and Welfare, clinical definition section 2.4.
    """
    return (zones.moderate + 2 * (zones.vigorous + zones.near_max)) / MINUTE_MS


def week_of_days(monday: date, days: Iterable[Day]) -> Week:
    """Return the week that begins on `monday`, from its days.

    `days` has at most one row for each date. Days of other weeks and missing days add nothing. A
    day is valid with at least 600 minutes of wear, and known when it is valid or answered.
    """
    sunday = monday + timedelta(days=6)
    of_week = (day for day in days if monday <= day.local_date <= sunday)
    # Floating-point sums depend on their order, so days are always added in the order of dates.
    rows = sorted(of_week, key=lambda day: day.local_date)
    zones = sum((day.zones for day in rows), start=ZoneTimes())
    return Week(
        monday=monday,
        sessions=sum(day.sessions for day in rows),
        session_ms=sum(day.session_ms for day in rows),
        zones=zones,
        dose_min=dose_minutes(zones),
        valid_days=sum(map(_is_valid, rows)),
        answered_days=sum(day.answered for day in rows),
        known_days=sum(_is_valid(day) or day.answered for day in rows),
        volume=sum((day.volume for day in rows), start=ZoneTimes()),
        steps=_steps(rows),
        loads=_loads(rows),
    )


def _is_valid(day: Day) -> bool:
    return day.wear_min >= VALID_WEAR_MIN


def _steps(days: Iterable[Day]) -> int | None:
    """Return the sum of the known steps, None when the steps of no day are known."""
    counted = [day.steps for day in days if day.steps is not None]
    return sum(counted) if counted else None


def _loads(days: Iterable[Day]) -> dict[str, float]:
    """Return the sum of each load over days, added in their order."""
    totals: dict[str, float] = {}
    for day in days:
        for name, value in day.loads.items():
            totals[name] = totals.get(name, 0.0) + value
    return totals
