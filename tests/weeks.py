"""Weeks for tests: their days are made from a few numbers."""

from datetime import date, timedelta

from model.derived.days import TypeTotal, Week, WeekDay
from model.intensity import ZoneTimes
from stream.compute.intensity.dose import dose_minutes


def type_total(kind: str, sessions: int, zones: ZoneTimes | None = None) -> TypeTotal:
    zones = zones or ZoneTimes()
    return TypeTotal(type=kind, sessions=sessions, zones=zones, dose_min=dose_minutes(zones))


def week_of(
    monday: date, sessions: int, zones: ZoneTimes, known: int = 7, kind: str = "walking"
) -> Week:
    """Return a week whose first days have a session each, the first of them all of the time.

    The first `known` of its days are valid.
    """
    days: list[WeekDay] = []
    for number in range(7):
        total = type_total(kind, int(number < sessions), zones if number == 0 else None)
        by_type = (total,) if total.sessions or total.zones.total else ()
        at = monday + timedelta(days=number)
        days.append(WeekDay(local_date=at, known=number < known, by_type=by_type))
    return Week(
        monday=monday,
        sessions=sessions,
        session_ms=zones.total,
        zones=zones,
        dose_min=dose_minutes(zones),
        valid_days=known,
        answered_days=0,
        known_days=known,
        days=tuple(days),
    )
