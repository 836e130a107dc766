"""Words for clinicians: states, tiers, headlines and messages.

The sentence of a finding is written with its rule. Words state what was recorded and which rule is
met; they make no medical claim. A message that leaves the system for a person says "open the
worklist" and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from model.alert import AlertState, Finding, Tier

# A tier promises when a person looks. It says nothing about how ill a patient is.
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
    "none": "when asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWording:
    """A message as it leaves: subject and plain text."""

    subject: str
    text: str


def headline(findings: Iterable[Finding]) -> str:
    """Return the sentence of the weightiest finding, and how many more findings there are."""
    first, *more = sorted(findings, key=weight)
    return f"{first.sentence} And {len(more)} more." if more else first.sentence


def weight(finding: Finding) -> tuple[str, int, str, str]:
    """Return a key that sorts findings from the weightiest: by tier, the latest first."""
    # The names of tiers sort from the gravest: A, B, C.
    return finding.tier.value, -finding.at_ms, finding.rule, finding.key


def mail(link: str) -> MailWording:
    """Return the message that asks a clinician to open the worklist; it contains nothing else."""
    # Neither that a patient needs review nor how soon: servers that nobody here controls store and
    # forward mail, and a text shows on a locked phone.
    return MailWording(subject="Open the worklist", text=f"Open the worklist: {link}\n")


def short_number(value: float) -> str:
    """Return a number with at most one decimal, none when it is whole."""
    return f"{value:.1f}".removesuffix(".0")
