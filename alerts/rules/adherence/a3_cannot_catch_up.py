"""Rule A3, a week that cannot be caught up any more (clinical definition section 5.3).

It compares what is left of the week with what is left to do, so that nobody is told on a Monday. It
follows only after a low week, because one missed session is no news.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from alerts.adherence import Standing, is_known_day
from alerts.due import PrescriptionDue
from alerts.judged_weeks import due_of, standing_of
from alerts.missed.runs import days_judged_ms
from alerts.occasions import Occasion, finding_of
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded, is_complete
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import local_date, midnight, monday, week_bounds
from model.derived.days import WeekDay
from model.prescribing.credit import credited_sessions
from model.prescription import paused
from model.words.language import _

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


def _cannot_catch_up(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for the running week, with the first day from which it was out of reach."""
    today = local_date(on.now_ms, on.zone)
    first = monday(today)
    prescriptions = as_recorded(on)
    thresholds = thresholds_on(rule, prescriptions, today)
    due = due_of(on, first, as_written=False)
    if due is None or not _was_low(on, first - _WEEK, thresholds):
        return
    for part in due.parts:
        day = _out_of_reach(on, part, thresholds)
        if day is not None:
            yield _finding(on, rule, part, day, thresholds)


def _was_low(on: RuleInput, first: date, thresholds: Mapping[str, float]) -> bool:
    # data that is late would make any week low, and this rule rests on the week before
    is_in = is_complete(on, week_bounds(first, on.zone)[1], thresholds["lag_hours"])
    has_row = any(week.monday == first for week in on.weeks)
    if not is_in or not has_row:
        return False
    return standing_of(on, first, thresholds, as_written=False) is Standing.LOW


def _out_of_reach(
    on: RuleInput, part: PrescriptionDue, thresholds: Mapping[str, float]
) -> date | None:
    """Return the first day up to today from which what was left to do was more than could be done.

    A day that passed and of which the data is not in could have held as much as any day.
    """
    rows = _days_by_date(on)
    today = local_date(on.now_ms, on.zone)
    possible = 0
    for day in sorted(part.by_day):
        left = sum(_room(part, later) for later in part.by_day if later >= day)
        # enough was done, or may have been done on days that nobody saw
        if day > today or possible >= part.sessions:
            return None
        # before this day's own sessions: the question is what its morning left within reach
        if part.sessions - possible > left:
            return day
        row = rows.get(day) or WeekDay(local_date=day, known=False, by_type=())
        end_ms = midnight(day + _DAY, on.zone)
        held = part.by_day[day]
        is_seen = is_complete(on, end_ms, thresholds["lag_hours"]) and is_known_day(row, held)
        done = credited_sessions(held, row.by_type)
        # what nobody could see may have been done
        possible += done if is_seen else max(done, _room(part, day))
    return None


def _room(part: PrescriptionDue, day: date) -> int:
    held = part.by_day[day]
    return 0 if paused(held, day) else held.max_per_day


def _days_by_date(on: RuleInput) -> dict[date, WeekDay]:
    rows: dict[date, WeekDay] = {}
    for week in on.weeks:
        rows |= {day.local_date: day for day in week.days}
    return rows


def _finding(
    on: RuleInput,
    rule: Rule,
    part: PrescriptionDue,
    day: date,
    thresholds: Mapping[str, float],
) -> Finding:
    first = monday(day)
    from_ms, end_ms = week_bounds(first, on.zone)
    return finding_of(
        on,
        rule,
        Occasion(
            key=f"{part.last.id}/{first.isoformat()}",
            at_ms=midnight(day, on.zone),
            from_ms=from_ms,
            fresh_until_ms=end_ms,
            is_fresh=True,
        ),
        {
            "monday": first.isoformat(),
            "day": day.isoformat(),
            "sessions_due": part.sessions,
            "days_left": (first + _WEEK - day).days,
            "thresholds": dict(thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "The week of %(monday)s cannot be caught up since %(day)s: %(due)s sessions were due, and "
        "%(left)s days were left (rule A3, after a low week).",
        monday=evidence["monday"],
        day=evidence["day"],
        due=evidence["sessions_due"],
        left=evidence["days_left"],
    )


def _next_due(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return the next midnight, and when the data of the last days is in."""
    tomorrow = local_date(on.now_ms, on.zone) + _DAY
    times = days_judged_ms(on, rule)
    return (*times, midnight(tomorrow, on.zone)) if times else ()


CANNOT_CATCH_UP = Rule(
    id="A3",
    family="adherence",
    version=1,
    tier=Tier.C,
    title="This week cannot be caught up",
    thresholds={
        "ratio": 0.8,
        "known_days": 4,
        "look_back_days": 14,
        "lag_hours": 36,  # for data that comes late
        "answer_hours": 24,
    },
    overridable={"ratio": (0.1, 1), "known_days": (4, 7)},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=True,
    predicate=_cannot_catch_up,
    sentence=_sentence,
    next_due=_next_due,
    about_missed=True,
    nudges=True,
)
