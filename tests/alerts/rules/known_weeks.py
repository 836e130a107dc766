"""Weeks of single days and the input of rules, for the tests of the rules about missed sessions."""

from datetime import date, timedelta
from itertools import chain
from typing import Any

from model.alert import RuleInput
from model.calendar import HOUR_MS, midnight
from model.derived.algorithm import VALID_WEAR_MIN
from model.derived.days import Day, Week, WeekDay
from model.intensity import ZoneTimes
from model.prescription import Intensity, Prescription
from tests.weeks import type_total

MISSED_ZONE = "Europe/Stockholm"
FIRST_MONDAY = date(2026, 11, 2)
THRICE_A_WEEK = Prescription(
    id="a",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2027, 6, 1),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)


def weeks_of(marks: str, unseen_min: int = 0) -> tuple[Week, ...]:
    """Return weeks from `FIRST_MONDAY` on, of a mark for each day; blanks are left out.

    "." is a known day without a session, "x" one with a session, "?" a day about which nothing is
    known.
    """
    days: list[WeekDay] = []
    for number, mark in enumerate(marks.replace(" ", "")):
        by_type = (type_total("walking", 1, ZoneTimes(unknown=1_800_000)),) if mark == "x" else ()
        at = FIRST_MONDAY + timedelta(days=number)
        days.append(
            WeekDay(local_date=at, known=mark != "?", by_type=by_type, unseen_min=unseen_min)
        )
    return tuple(_week(days[first : first + 7]) for first in range(0, len(days), 7))


def _week(days: list[WeekDay]) -> Week:
    known = sum(day.known for day in days)
    return Week(
        monday=days[0].local_date,
        sessions=sum(bool(day.by_type) for day in days),
        session_ms=0,
        zones=ZoneTimes(),
        dose_min=0.0,
        valid_days=known,
        answered_days=0,
        known_days=known,
        days=tuple(days),
    )


def _row(day: WeekDay) -> Day:
    return Day(
        local_date=day.local_date,
        sessions=len(day.by_type),
        session_ms=0,
        zones=ZoneTimes(),
        wear_min=VALID_WEAR_MIN if day.known else VALID_WEAR_MIN - 1,
        answered=False,
    )


def missed_input(
    marks: str,
    *,
    hours: float = 36,
    unseen_min: int = 0,
    **more: Any,  # noqa: ANN401 - fields of the input
) -> RuleInput:
    """Return the input of the rules some hours after the last day of `marks`."""
    weeks = weeks_of(marks, unseen_min)
    days = chain.from_iterable(week.days for week in weeks)
    end_ms = midnight(weeks[-1].days[-1].local_date + timedelta(days=1), MISSED_ZONE)
    nothing = {
        "pain": (),
        "days": tuple(map(_row, days)),
        "sessions": (),
        "watermarks": (),
        "prescriptions": (THRICE_A_WEEK,),
        "now_ms": end_ms + int(hours * HOUR_MS),
    }
    return RuleInput(**{**nothing, "patient": "p", "zone": MISSED_ZONE, "weeks": weeks, **more})
