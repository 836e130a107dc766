"""Rule A8, four good weeks (clinical definition section 5.3): something to praise.

Blocks of four weeks are counted from the beginning of a prescription, so that praise comes once for
each of them.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from alerts.adherence import Standing
from alerts.judged_weeks import JudgedWeek, judged_weeks, weeks_judged_ms
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.waiting_for_data import as_recorded
from alerts.wording import limit_percent
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import first_full_week, week_bounds
from model.prescription import first_dates
from model.words.language import _

_WEEK = timedelta(days=7)


def _good_weeks(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each block of weeks in which enough was done in every week."""
    weeks = dict(judged_weeks(on, rule))
    begun = first_dates(as_recorded(on))
    length = int(rule.thresholds["weeks"])
    for last in weeks:
        block = [last - number * _WEEK for number in reversed(range(length))]
        # blocks are counted from the beginning, not back from today: each is praised once
        first_full = min(map(first_full_week, begun.values()), default=last)
        ends_a_block = (last - first_full).days // 7 % length == length - 1
        if ends_a_block and all(_is_good(weeks.get(first)) for first in block):
            yield _finding(on, rule, [weeks[first] for first in block])


def _is_good(judged: JudgedWeek | None) -> bool:
    return judged is not None and judged.standing is Standing.ENOUGH


def _finding(on: RuleInput, rule: Rule, block: list[JudgedWeek]) -> Finding:
    first, last = block[0].week.monday, block[-1].week.monday
    from_ms, at_ms = week_bounds(first, on.zone)[0], week_bounds(last, on.zone)[1]
    fresh_until_ms = fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=first.isoformat(),
            at_ms=at_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
        ),
        {
            "mondays": [judged.week.monday.isoformat() for judged in block],
            "thresholds": dict(block[-1].thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "%(weeks)s weeks in a row with %(share)s %% or more of the prescribed sessions and "
        "minutes, from the week of %(first)s (rule A8).",
        weeks=len(evidence["mondays"]),
        share=limit_percent(evidence["thresholds"]["ratio"]),
        first=evidence["mondays"][0],
    )


GOOD_WEEKS = Rule(
    id="A8",
    family="progress",
    version=1,
    tier=Tier.C,
    title="Four good weeks",
    thresholds={
        "ratio": 0.8,
        "known_days": 4,
        "weeks": 4,
        "look_back_days": 56,
        "fresh_days": 14,
        "lag_hours": 36,  # for data that comes late
    },
    overridable={"ratio": (0.1, 1)},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=False,
    predicate=_good_weeks,
    sentence=_sentence,
    next_due=weeks_judged_ms,
)
