"""Rules on adherence (clinical definition section 5.3). Silence is not failure.

Only weeks of which enough days are known are judged, and only when late data has had its time.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from alerts.rules.prescribed import Due, due_in_week, measure, thresholds
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import DAY_MS, MINUTE_MS, local_date, monday, week_bounds
from model.derived import Week
from model.prescription import all_paused

WEEK = timedelta(days=7)
HOUR_MS = 60 * MINUTE_MS


def sustained_low(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield A1: two consecutive judged weeks with too few sessions or minutes, each with enough known days."""
    rows = {week.monday: week for week in on.weeks}
    for second in sorted(rows):
        first = second - WEEK
        if (
            first in rows
            and week_bounds(first, on.zone)[0]
            >= on.now_ms - rule.thresholds["look_back_days"] * DAY_MS
        ):
            limits = thresholds(rule, on.prescriptions, second)
            pair = [_low(on, rule, rows[day], limits) for day in (first, second)]
            if None not in pair:
                yield _finding(on, rule, second, pair, limits)


def judged(on: RuleInput, rule: Rule, first: date) -> bool:
    """Return whether the week of a Monday is over and its data in: 36 hours on, or every source past its end."""
    end = week_bounds(first, on.zone)[1]
    passed = bool(on.watermarks) and all(mark.time_ms >= end for mark in on.watermarks)
    return on.now_ms >= end and (passed or on.now_ms >= closes_ms(rule, first, on.zone))


def closes_ms(rule: Rule, first: date, zone: str) -> int:
    """Return when the week of a Monday is judged at the latest, in epoch ms."""
    return week_bounds(first, zone)[1] + int(rule.thresholds["lag_hours"] * HOUR_MS)


def last_judged(on: RuleInput, rule: Rule) -> date:
    """Return the Monday of the last week that is judged by now."""
    this = monday(local_date(on.now_ms, on.zone))
    return this - WEEK if judged(on, rule, this - WEEK) else this - 2 * WEEK


def _low(on: RuleInput, rule: Rule, week: Week, limits: dict[str, float]) -> dict[str, Any] | None:
    """Return the evidence of a week that was too low, or None when it was not, or cannot be judged."""
    what = due_in_week(on.prescriptions, week.monday)
    if (
        what is None
        or what.paused_days > limits["paused_days"]
        or not judged(on, rule, week.monday)
    ):
        return None
    done = measure(week, what)
    low = any(
        ratio is not None and ratio < limits["ratio"] for ratio in (done.frequency, done.time)
    )
    return _said(week, what) if low and week.known_days >= limits["known_days"] else None


def _finding(
    on: RuleInput, rule: Rule, second: date, pair: list[Any], limits: dict[str, float]
) -> Finding:
    end = week_bounds(second, on.zone)[1]
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        family=rule.family,
        key=second.isoformat(),
        tier=Tier.B,
        at_ms=end,
        fresh=second == last_judged(on, rule)
        and not all_paused(on.prescriptions, local_date(on.now_ms, on.zone)),
        evidence={
            "rule": rule.id,
            "version": rule.version,
            "from_ms": week_bounds(second - WEEK, on.zone)[0],
            "fresh_until_ms": closes_ms(rule, second + WEEK, on.zone),
            "weeks": pair,
            "thresholds": limits,
        },
    )


def _said(week: Week, what: Due) -> dict[str, Any]:
    done = measure(week, what)
    return {
        "monday": week.monday.isoformat(),
        "sessions": week.sessions,
        "sessions_due": what.sessions,
        "minutes": week.session_ms / MINUTE_MS,
        "minutes_due": what.minutes,
        "frequency": done.frequency,
        "time": done.time,
        "known_days": week.known_days,
        "valid_days": week.valid_days,
        "answered_days": week.answered_days,
        "paused_days": what.paused_days,
        "prescriptions": [{"id": p.id, "version": p.version} for p in what.prescriptions],
    }
