"""Plain sentences for clinicians, from the evidence of a finding. No medical claim: what was recorded, and which rule.

A message that leaves the system holds no health value and no name: only that somebody needs review, and where to look.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from model.alert import AlertState, Finding, Tier

TIER_WORDS: dict[Tier, str] = {
    Tier.A: "same working day",
    Tier.B: "within two working days",
    Tier.C: "digest",
}

STATE_WORDS: dict[AlertState, str] = {
    AlertState.OPEN: "open",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.IN_PROGRESS: "in progress",
    AlertState.SNOOZED: "snoozed",
    AlertState.RESOLVED: "resolved",
    AlertState.RETRACTED: "retracted: the data was corrected",
    AlertState.EXPIRED: "expired",
}

PHASE_WORDS: dict[str, str] = {
    "before": "before exercise",
    "during": "during exercise",
    "after": "after exercise",
    "next_morning": "the next morning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as it leaves: subject and plain text."""

    subject: str
    text: str


def sentence(finding: Finding) -> str:
    """Return the plain sentence of a finding: values, times, and the rule that is met."""
    return SENTENCES[finding.rule](finding.evidence)


def headline(findings: Iterable[Finding]) -> str:
    """Return the sentence of the weightiest finding (tier, then the latest), and how many more there are."""
    first, *more = sorted(findings, key=weight)
    return f"{sentence(first)} And {len(more)} more." if more else sentence(first)


def weight(finding: Finding) -> tuple[str, int, str, str]:
    """Return a key that sorts findings from the weightiest: by tier, the latest first."""
    return finding.tier.value, -finding.at_ms, finding.rule, finding.key


def mail(tier: Tier, link: str) -> Mail:
    """Return the message for a clinician: that a patient needs review, how soon, and the link. Nothing else."""
    text = f"A patient needs review ({TIER_WORDS[tier]}).\n\nOpen the worklist: {link}\n"
    return Mail(subject="A patient needs review", text=text)


def _high_pain(values: dict[str, Any]) -> str:
    limits = values["thresholds"]
    ratings = [
        f"{_number(r['value'])} of 10 {PHASE_WORDS[r['phase']]} on {r['local_date']}"
        for r in values["ratings"]
    ]
    if len(ratings) == 1:
        return f"Pain {ratings[0]} (rule P1: {_number(limits['very_high'])} or more once)."
    enough = (
        f"{_number(limits['sessions'])} of the last {_number(limits['of_last'])} rated sessions"
    )
    return (
        f"Pain {', and '.join(ratings)} (rule P1: {_number(limits['high'])} or more in {enough})."
    )


def _sustained_low(values: dict[str, Any]) -> str:
    share = _number(100 * values["thresholds"]["ratio"])
    weeks = "; ".join(_week(week) for week in values["weeks"])
    return f"Two weeks below {share} % of the prescribed sessions or minutes (rule A1). {weeks}."


def _week(week: dict[str, Any]) -> str:
    sessions = f"{week['sessions']} of {_number(week['sessions_due'])} sessions"
    minutes = f"{_number(week['minutes'])} of {_number(week['minutes_due'])} minutes"
    known = f"the watch was worn on {_days(week['valid_days'])}, {_days(week['answered_days'])} answered"
    return f"Week of {week['monday']}: {sessions}, {minutes}; {known}"


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days"


def _number(value: float) -> str:
    """Return a number with at most one decimal, none when it is whole."""
    return f"{value:.1f}".removesuffix(".0")


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "P1": _high_pain,
    "A1": _sustained_low,
}
