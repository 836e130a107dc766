"""Rule H4, a body weight that rose within days (clinical definition section 5.4).

It is for patients with heart failure and a scale that is connected. The first weighing of a date
counts: later ones are with clothes and meals.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from alerts.heart import thresholds_if_on
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.wording import limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import Weighing
from model.calendar import local_date
from model.words.language import _


def _weight_gain(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for the first date of each run of dates with a weight that has risen."""
    weighed = _by_date(on)
    was_met = False
    for day in sorted(weighed):
        thresholds = thresholds_if_on(on, rule, day)
        before = None if thresholds is None else _lowest(weighed, day, thresholds)
        is_met = before is not None
        if thresholds is not None and before is not None and not was_met:
            yield _finding(on, rule, (before, day), weighed, thresholds)
        was_met = is_met


def _by_date(on: RuleInput) -> dict[date, Weighing]:
    """Return the first weighing of each local date."""
    first: dict[date, Weighing] = {}
    for row in sorted(on.weighings, key=lambda row: row.at_ms):
        first.setdefault(local_date(row.at_ms, on.zone), row)
    return first


def _lowest(
    weighed: Mapping[date, Weighing], day: date, thresholds: Mapping[str, float]
) -> date | None:
    """Return the earlier date from which the weight has risen most, None where it is too little.

    A rise that no body has in so few days is that of another person on the scale.
    """
    rises: list[tuple[float, date]] = []
    for earlier, row in weighed.items():
        # to the gram, so that 81.8 less 80 is not a hair below 1.8
        rise = round(weighed[day].kg - row.kg, 3)
        if 1 <= (day - earlier).days <= thresholds["days"] and rise <= thresholds["most"]:
            rises.append((rise, earlier))
    most, since = max(rises, default=(0.0, day))
    return since if most >= thresholds["rise"] else None


def _finding(
    on: RuleInput,
    rule: Rule,
    dates: tuple[date, date],
    weighed: Mapping[date, Weighing],
    thresholds: Mapping[str, float],
) -> Finding:
    """Return the finding of two dates, of which the later is its key."""
    first, last = (weighed[day] for day in dates)
    fresh_until_ms = fresh_until(rule, last.at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=dates[1].isoformat(),
            at_ms=last.at_ms,
            from_ms=first.at_ms,
            fresh_until_ms=fresh_until_ms,
        ),
        {
            "weighings": [
                {"local_date": day.isoformat(), "kg": row.kg}
                for day, row in zip(dates, (first, last), strict=True)
            ],
            "thresholds": dict(thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    first, last = evidence["weighings"]
    return _(
        "Weight %(last)s kg on %(day)s, and %(first)s kg on %(before)s (rule H4: %(rise)s kg or "
        "more within %(days)s days).",
        last=short_number(last["kg"]),
        day=last["local_date"],
        first=short_number(first["kg"]),
        before=first["local_date"],
        rise=limit_number(evidence["thresholds"]["rise"]),
        days=limit_number(evidence["thresholds"]["days"]),
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new weighing changes what this rule finds."""
    return ()


WEIGHT_GAIN = Rule(
    id="H4",
    family="heart",
    version=1,
    tier=Tier.B,
    title="Weight has risen within days",
    thresholds={
        "on": 0,
        "rise": 1.8,  # kg
        "days": 3,
        "most": 10,  # kg; more is another person on the scale
        "look_back_days": 28,
        "fresh_days": 7,
    },
    overridable={"on": (0, 1), "rise": (0.5, 5)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_weight_gain,
    sentence=_sentence,
    next_due=_next_due,
)
