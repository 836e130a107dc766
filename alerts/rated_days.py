"""Makes days unknown to the rules on which pain was rated and no session is there. Pure.

A day on which the patient rated pain during or after exercise, and for which no session is there,
had a session that nobody recorded. It must not count as a day on which nothing was done.
"""

from dataclasses import replace
from datetime import date

from alerts.pain import EXERCISE_PHASES
from model.alert import RuleInput
from model.derived.days import Week, WeekDay


def rated_days_unknown(on: RuleInput) -> RuleInput:
    """Return the input with these days as days about which nothing is known."""
    rated = {rating.local_date for rating in on.pain if rating.phase in EXERCISE_PHASES}
    if not rated:
        return on
    weeks = tuple(_week(week, rated) for week in on.weeks)
    # the input itself where nothing changes: what was worked out of it holds for the next question
    return on if weeks == on.weeks else replace(on, weeks=weeks)


def _week(week: Week, rated: set[date]) -> Week:
    days = tuple(_day(day, rated) for day in week.days)
    if days == week.days:
        return week
    unknown = sum(day.known for day in week.days) - sum(day.known for day in days)
    return replace(week, days=days, known_days=week.known_days - unknown)


def _day(day: WeekDay, rated: set[date]) -> WeekDay:
    has_session = any(total.sessions for total in day.by_type)
    if has_session or day.local_date not in rated:
        return day
    return replace(day, known=False, carried=False)
