"""Findings about warning signs that a patient answered yes to. Pure."""

from collections.abc import Sequence
from typing import Any

from alerts.occasions import Occasion, finding_of, fresh_until
from model.alert import Finding, Rule, RuleInput
from model.alerting.rule_rows import SignAnswer
from model.calendar import rfc3339


def sign_finding(
    on: RuleInput, rule: Rule, answer: SignAnswer, signs: Sequence[dict[str, Any]]
) -> Finding:
    """Return the finding of an answer, whose record is its key; `signs` are the evidence."""
    fresh_until_ms = fresh_until(rule, answer.at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=answer.record,
            at_ms=answer.at_ms,
            from_ms=answer.at_ms,
            fresh_until_ms=fresh_until_ms,
        ),
        {
            "signs": list(signs),
            "thresholds": dict(rule.thresholds),
        },
    )


def sign_evidence(answer: SignAnswer) -> dict[str, Any]:
    """Return an answer as evidence."""
    return {
        "record": answer.record,
        "at": rfc3339(answer.at_ms),
        "local_date": answer.local_date.isoformat(),
        "sign": answer.sign,
    }
