"""Words for clinicians: states, tiers, headlines and messages.

The sentence of a finding is written with its rule. Words state what was recorded and which rule is
met; they make no medical claim. A message that leaves the system for a person says "open the
worklist" and nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.alert import Finding, Rule, StoredSentence, Tier
from model.words.language import ENGLISH, N_, _, read_in, reading_language
from model.words.rounding import half_up, in_full

# A tier promises when a person looks. It says nothing about how ill a patient is.
TIER_WORDS: dict[Tier, str] = {
    Tier.A: "same working day",
    Tier.B: "within two working days",
    Tier.C: "digest",
}

PHASE_WORDS: dict[str, str] = {
    "before": N_("before exercise"),
    "during": N_("during exercise"),
    "after": N_("after exercise"),
    "next_morning": N_("the next morning"),
    "none": N_("when asked"),
}


_MOST_DECIMALS = 6  # more than any minute or share of ours is worth
_MORE = re.compile(r" And (\d+) more\.")  # what `with_more` writes in English


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWording:
    """A message as it leaves: subject and plain text."""

    subject: str
    text: str


def headline(findings: Iterable[Finding]) -> str:
    """Return the sentence of the weightiest finding, and how many more findings there are."""
    first, *more = sorted(findings, key=weight)
    return with_more(first.sentence, len(more))


def with_more(sentence: str, more: int) -> str:
    """Return a sentence, and how many more findings there are."""
    return sentence + _(" And %(num)s more.", num=more) if more else sentence


def reworded(shown: str, findings: Iterable[StoredSentence], rules: Mapping[str, Rule]) -> str:
    """Return the stored headline of an alert in the reader's language.

    `findings` are all that the alert ever rested on: one of them wrote the headline. It is left as
    it is where that finding's rule is another version by now, and would word other evidence.
    """
    # the longest first: one sentence may begin like another
    for finding in sorted(findings, key=lambda row: -len(row.sentence)):
        rest = shown.removeprefix(finding.sentence)
        if not finding.sentence or len(rest) == len(shown):
            continue
        more = _MORE.fullmatch(rest)
        if not rest or more:
            return with_more(sentence_of(finding, rules), int(more[1]) if more else 0)
    return shown


def sentence_of(finding: StoredSentence, rules: Mapping[str, Rule]) -> str:
    """Return the sentence of a finding in the reader's language."""
    rule = rules.get(finding.rule)
    if rule is None:
        return finding.sentence
    try:
        return rule.sentence(finding.evidence) if _words(rule, finding) else finding.sentence
    # Evidence that lacks a value that the sentence has now: what was stored can be read at least.
    except (KeyError, TypeError, ValueError):
        return finding.sentence


def _words(rule: Rule, finding: StoredSentence) -> bool:
    """Return whether the rule of today may word a finding: its version, or the same sentence."""
    if rule.version == finding.rule_version:
        return True
    with read_in(ENGLISH):
        return rule.sentence(finding.evidence) == finding.sentence


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
    """Return a number with at most one decimal, half rounded up, none when it is whole."""
    return _marked(half_up(value, 1).removesuffix(".0"))


def short_percent(share: float) -> str:
    """Return a share in percent, as `short_number`."""
    return _marked(half_up(float(in_full(share, 2)), 1).removesuffix(".0"))


def limit_number(value: float) -> str:
    """Return a threshold as it was set: rounded, it would be another one."""
    return _marked(in_full(value))


def limit_percent(share: float) -> str:
    """Return a threshold that is a share in percent, as it was set."""
    return _marked(in_full(share, 2))


def beside(value: float, limit: float) -> str:
    """Return a number with as many decimals as tell it from the limit that it has passed."""
    for decimals in range(1, _MOST_DECIMALS + 1):
        text = half_up(value, decimals)
        if text != half_up(limit, decimals):
            break
    return _marked(text.rstrip("0").rstrip("."))


def _marked(text: str) -> str:
    return text.replace(".", reading_language().decimal_mark)
