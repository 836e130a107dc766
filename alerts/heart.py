"""What the rules about the heart share: nights, and whether a prescription asks for a rule. Pure.

No rule about the heart rests on zones from a formula, and none reads a rhythm. Each is off until a
prescription sets its threshold `on` to 1 (clinical definition section 5.4).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.worked_out import once
from model.alert import Finding, Rule, RuleInput
from model.calendar import midnight

Night = tuple[date, float]  # a local date and the resting heart rate of its night, bpm

CARDIAC_SIGNS = frozenset({"chest_pain", "fainting", "breathless_at_rest", "breathless_more"})
_ROBUST = 1.4826  # makes the median deviation of normal values their standard deviation
_DAY = timedelta(days=1)


@once
def nights(on: RuleInput) -> list[Night]:
    """Return the nights of which the resting heart rate is known, in order."""
    known = [(day.local_date, day.night_hr) for day in on.days]
    return sorted((day, bpm) for day, bpm in known if bpm is not None)


def thresholds_if_on(on: RuleInput, rule: Rule, day: date) -> dict[str, float] | None:
    """Return the thresholds of a rule on a date, None unless a prescription asks for the rule."""
    thresholds = thresholds_on(rule, as_recorded(on), day)
    return thresholds if thresholds["on"] >= 1 else None


def level_before(known: Sequence[Night], day: date, days: int) -> tuple[float, float, int]:
    """Return median, robust deviation and number of the nights in some days before a date."""
    earliest = day - days * _DAY
    values = [bpm for at, bpm in known if earliest <= at < day]
    if not values:
        return 0.0, 0.0, 0
    level = median(values)
    away = [abs(value - level) for value in values]
    return level, _ROBUST * median(away), len(values)


def night_finding(
    on: RuleInput,
    rule: Rule,
    run: Sequence[Night],
    thresholds: Mapping[str, float],
    more: Mapping[str, Any],
) -> Finding:
    """Return the finding of some nights, of which the last is its key."""
    # a night is over at 07:00; its figure is final with the day's data, and a day more is no loss
    at_ms, from_ms = midnight(run[-1][0] + _DAY, on.zone), midnight(run[0][0], on.zone)
    fresh_until_ms = fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=run[-1][0].isoformat(),
            at_ms=at_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
            is_fresh=at_ms <= on.now_ms <= fresh_until_ms,
        ),
        {
            "nights": [{"local_date": day.isoformat(), "bpm": bpm} for day, bpm in run],
            "thresholds": dict(thresholds),
            **more,
        },
    )


def tomorrow(on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return when the last known night becomes final, in epoch ms."""
    known = nights(on)
    return (midnight(known[-1][0] + _DAY, on.zone),) if known else ()
