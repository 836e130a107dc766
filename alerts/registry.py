"""The rule table, and the judge that walks it. Pure: rows and the clock in, findings out; raises no alert itself.

A rule is a row here and a predicate in `predicates/`. Every number is a default of ours to argue with, not a clinical
fact; a prescription may override it by rule id and name. A changed number or predicate gets a new `version`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from alerts.rules.adherence import closes_ms, sustained_low
from alerts.rules.pain import high_pain
from model.alert import Finding, Rule, RuleInput
from model.calendar import local_date, midnight, monday
from model.prescription import all_paused

RULES: tuple[Rule, ...] = (
    Rule(
        id="P1",
        family="pain",
        version=1,
        title="High pain during or after exercise",
        thresholds={
            "high": 6,
            "very_high": 8,
            "sessions": 2,
            "of_last": 3,
            "look_back_days": 28,
            "fresh_days": 14,
        },
        cooldown_days=7,
    ),
    Rule(
        id="A1",
        family="adherence",
        version=1,
        title="Sustained low adherence",
        thresholds={
            "ratio": 0.8,
            "known_days": 4,
            "paused_days": 3,  # at most; a week with more is not judged
            "look_back_days": 56,
            "lag_hours": 36,
        },
        cooldown_days=7,
    ),
)

PREDICATES: dict[str, Callable[[RuleInput, Rule], Iterator[Finding]]] = {
    "P1": high_pain,
    "A1": sustained_low,
}

RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}


def judge(on: RuleInput) -> tuple[Finding, ...]:
    """Return every occasion within the look-back on which a rule holds, in the order of the table and of time.

    `fresh` says that the occasion may raise an alert now. The order of rows within `on` does not matter.
    """
    matches = [
        finding for rule in RULES for finding in sorted(PREDICATES[rule.id](on, rule), key=_when)
    ]
    return tuple(matches)


def next_due(on: RuleInput) -> int | None:
    """Return the epoch ms at which the outcome can change without new data, or None when it cannot.

    That is when the next week is judged, as long as a prescription runs or ran in it; and, while everything is
    paused, the next midnight. A finding that only stops being fresh is no change: nothing is to be done about it.
    """
    today = local_date(on.now_ms, on.zone)
    mondays = [monday(today) - timedelta(days=7), monday(today)]
    last_day = max((p.valid_to for p in on.prescriptions), default=None)
    times = [
        closes_ms(RULE["A1"], first, on.zone)
        for first in mondays
        if last_day is not None and last_day >= first
    ]
    if all_paused(on.prescriptions, today):
        times.append(midnight(today + timedelta(days=1), on.zone))
    return min((at for at in times if at > on.now_ms), default=None)


def _when(finding: Finding) -> tuple[int, str]:
    return finding.at_ms, finding.key
