"""The list of rules, and the function that judges a patient by all of them.

No alert is raised here; `alerts.lifecycle` decides what findings do to alerts.
"""

from dataclasses import replace

from alerts.rules.a1_low_adherence import LOW_ADHERENCE
from alerts.rules.p1_high_pain import HIGH_PAIN
from model.alert import Finding, Rule, RuleInput

RULES: tuple[Rule, ...] = (HIGH_PAIN, LOW_ADHERENCE)

RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}


def judge(on: RuleInput) -> tuple[Finding, ...]:
    """Return every occasion within the look-back on which a rule is met, by rule and time.

    A finding that is `fresh` may raise an alert now. The order of rows within `on` does not matter.
    """
    findings: list[Finding] = []
    for rule in RULES:
        findings += sorted((_worded(rule, met) for met in rule.predicate(on, rule)), key=_by_time)
    return tuple(findings)


def next_due(on: RuleInput) -> int | None:
    """Return the epoch ms at which the result can change without new data, None for never.

    A finding that only stops being fresh is not such a change, because nothing follows from it.
    """
    times: list[int] = []
    for rule in RULES:
        times += rule.next_due(on, rule)
    return min((at for at in times if at > on.now_ms), default=None)


def _worded(rule: Rule, finding: Finding) -> Finding:
    return replace(finding, sentence=rule.sentence(finding.evidence))


def _by_time(finding: Finding) -> tuple[int, str]:
    return finding.at_ms, finding.key
