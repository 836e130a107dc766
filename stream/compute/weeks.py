"""ISO weeks from days. Never looks at sessions or samples: a week is the sum of its days and nothing else."""

from collections.abc import Iterable
from datetime import date, timedelta

from model.calendar import MINUTE_MS
from model.derived import Day, Week
from model.intensity import ZoneTimes

VALID_WEAR_MIN = 600


def dose_minutes(zones: ZoneTimes) -> float:
    """Return moderate + 2 x (vigorous + near_max) in minutes: the dose of the National Board of Health and Welfare."""
    return (zones.moderate + 2 * (zones.vigorous + zones.near_max)) / MINUTE_MS


def week_of_days(monday: date, days: Iterable[Day]) -> Week:
    """Return the week that begins on a Monday from its days; days of other weeks and missing days add nothing.

    A day is valid with at least 600 minutes of wear, known when valid or answered. At most one row a date is expected.
    """
    rows = sorted(
        (d for d in days if monday <= d.local_date < monday + timedelta(days=7)),
        key=lambda d: d.local_date,
    )
    zones = sum((d.zones for d in rows), start=ZoneTimes())
    steps = [d.steps for d in rows if d.steps is not None]
    return Week(
        monday=monday,
        sessions=sum(d.sessions for d in rows),
        session_ms=sum(d.session_ms for d in rows),
        zones=zones,
        dose_min=dose_minutes(zones),
        valid_days=sum(_valid(d) for d in rows),
        answered_days=sum(d.answered for d in rows),
        known_days=sum(_valid(d) or d.answered for d in rows),
        volume=sum((d.volume for d in rows), start=ZoneTimes()),
        steps=sum(steps) if steps else None,
        loads=_loads(rows),
    )


def _loads(rows: Iterable[Day]) -> dict[str, float]:
    """Return the sum of each load over days, in their order."""
    values: dict[str, float] = {}
    for day in rows:
        for name, value in day.loads.items():
            values[name] = values.get(name, 0.0) + value
    return values


def _valid(day: Day) -> bool:
    return day.wear_min >= VALID_WEAR_MIN
