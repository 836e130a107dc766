"""Rule P5, a warning sign that the patient answered yes to (clinical definition section 4).

It is of tier A at once, in a pause and in the first days too. Only a yes is read: a question
without an answer is no yes, and no no.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.signs import sign_evidence, sign_finding
from model.alert import Finding, Rule, RuleInput, Tier
from model.words.language import _
from model.words.red_flags import sign_words

# It matters only where the heart is followed up, and rule H6 reads it there.
_LEFT_OUT = frozenset({"breathless_more"})


def _red_flag(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each answer of yes."""
    for answer in on.signs:
        if answer.sign not in _LEFT_OUT:
            yield sign_finding(on, rule, answer, [sign_evidence(answer)])


def _sentence(evidence: Mapping[str, Any]) -> str:
    (answer,) = evidence["signs"]
    return _(
        "Answered yes to %(sign)s on %(date)s (rule P5). The patient was told at once to call 112 "
        "or 1177.",
        sign=sign_words(answer["sign"]),
        date=answer["local_date"],
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


RED_FLAG = Rule(
    id="P5",
    family="red_flag",
    version=1,
    tier=Tier.A,
    title="Warning sign",
    thresholds={"look_back_days": 28, "fresh_days": 14},
    overridable={},
    in_order=(),
    cooldown_days=0,
    prescribed={},
    renewed=False,
    predicate=_red_flag,
    sentence=_sentence,
    next_due=_next_due,
)
