"""Rule H6, a symptom of the heart that the patient answered yes to (clinical section 5.4).

It joins rule P5 in one alert, and adds breathlessness that grew over the last days, which matters
to who watches a heart.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.heart import CARDIAC_SIGNS, thresholds_if_on
from alerts.signs import sign_evidence, sign_finding
from model.alert import Finding, Rule, RuleInput, Tier
from model.words.language import _
from model.words.red_flags import sign_words


def _symptom(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each answer of yes about a symptom of the heart."""
    for answer in on.signs:
        is_on = thresholds_if_on(on, rule, answer.local_date) is not None
        if is_on and answer.sign in CARDIAC_SIGNS:
            yield sign_finding(on, rule, answer, [sign_evidence(answer)])


def _sentence(evidence: Mapping[str, Any]) -> str:
    (answer,) = evidence["signs"]
    return _(
        "Answered yes to %(sign)s on %(date)s (rule H6).",
        sign=sign_words(answer["sign"]),
        date=answer["local_date"],
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


SYMPTOM = Rule(
    id="H6",
    family="red_flag",
    version=1,
    tier=Tier.A,
    title="Symptom of the heart",
    thresholds={"on": 0, "look_back_days": 28, "fresh_days": 14},
    overridable={"on": (0, 1)},
    in_order=(),
    cooldown_days=0,
    prescribed={},
    renewed=False,
    predicate=_symptom,
    sentence=_sentence,
    next_due=_next_due,
)
