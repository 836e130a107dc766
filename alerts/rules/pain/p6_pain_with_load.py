"""Rule P6, pain together with a load that rose (clinical definition section 4).

It follows only where a rule about pain is met in the same week. Its finding joins theirs in one
alert.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import fmean
from typing import Any

from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.pain import is_muted
from alerts.rules.pain.p1_high_pain import HIGH_PAIN
from alerts.rules.pain.p2_not_settled import NOT_SETTLED
from alerts.rules.pain.p3_weekly_rise import WEEKLY_RISE
from alerts.rules.pain.p4_flare import FLARE
from alerts.wording import limit_number, short_number
from alerts.worked_out import findings_of
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import local_date, monday, week_bounds
from model.derived.algorithm import PARTIAL_ABOVE
from model.derived.days import Week
from model.words.language import _

_WEEK = timedelta(days=7)
_PAIN_RULES = (HIGH_PAIN, NOT_SETTLED, WEEKLY_RISE, FLARE)


def _pain_with_load(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each week of a risen load in which a rule about pain was met."""
    weeks = {week.monday: week for week in on.weeks}
    for first, findings in sorted(_by_week(on).items()):
        before = [weeks.get(first - number * _WEEK) for number in range(1, 5)]
        week, known = weeks.get(first), [row for row in before if row and _is_known(row, rule)]
        # all four: a mean of fewer weeks would rise and fall with the one that is missing
        if week is None or len(known) < len(before):
            continue
        mean = fmean(row.dose_min for row in known)
        # without any dose before, a rise has no size
        if mean > 0 and week.dose_min >= rule.thresholds["rise"] * mean:
            yield _finding(on, rule, week, mean, findings)


def _by_week(on: RuleInput) -> dict[date, list[Finding]]:
    """Return the findings of the rules about pain by the Monday of their week."""
    by_week: dict[date, list[Finding]] = {}
    for rule in _PAIN_RULES:
        for finding in findings_of(on, rule):
            # a week that is over is found out at its end, which is the next Monday's midnight
            first = monday(local_date(finding.at_ms - 1, on.zone))
            by_week.setdefault(first, []).append(finding)
    return by_week


def _is_known(week: Week, rule: Rule) -> bool:
    """Return whether a week has a dose that is known; one too low would make the next high."""
    is_partial = week.zones.unknown - week.exertion_ms > PARTIAL_ABOVE * week.zones.total
    return week.known_days >= rule.thresholds["known_days"] and not is_partial


def _finding(
    on: RuleInput, rule: Rule, week: Week, mean: float, findings: Sequence[Finding]
) -> Finding:
    """Return the finding of a week, whose Monday is its key."""
    at_ms = min(finding.at_ms for finding in findings)
    from_ms = week_bounds(week.monday - 4 * _WEEK, on.zone)[0]
    # a finding at midnight is of the day that ended with it
    muted = is_muted(on, local_date(at_ms - 1, on.zone))
    fresh_until_ms = at_ms if muted else fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=week.monday.isoformat(),
            at_ms=at_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
            is_fresh=False if muted else None,
        ),
        {
            "monday": week.monday.isoformat(),
            "dose_min": week.dose_min,
            "mean_dose_min": mean,
            "rules": sorted({finding.rule for finding in findings}),
            "thresholds": dict(rule.thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "Dose %(dose)s minutes in the week of %(monday)s, %(mean)s in the mean of the four weeks "
        "before, with pain by rule %(rules)s (rule P6: %(rise)s times or more, with pain).",
        dose=short_number(evidence["dose_min"]),
        monday=evidence["monday"],
        mean=short_number(evidence["mean_dose_min"]),
        rules=", ".join(evidence["rules"]),
        rise=limit_number(evidence["thresholds"]["rise"]),
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: the rules about pain have theirs."""
    return ()


PAIN_WITH_LOAD = Rule(
    id="P6",
    family="pain",
    version=1,
    tier=Tier.B,
    title="Pain with a risen load",
    thresholds={"rise": 1.5, "known_days": 4, "look_back_days": 56, "fresh_days": 14},
    overridable={},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_pain_with_load,
    sentence=_sentence,
    next_due=_next_due,
)
