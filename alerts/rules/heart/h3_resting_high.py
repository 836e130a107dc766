"""Rule H3, a high resting heart rate on two nights (clinical definition section 5.4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.heart import night_finding, nights, thresholds_if_on, tomorrow
from alerts.wording import limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.words.language import _


def _resting_high(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for the first nights of each run of high ones."""
    known = nights(on)
    length = int(rule.thresholds["nights"])
    was_high = False
    for number in range(length, len(known) + 1):
        run = known[number - length : number]
        thresholds = thresholds_if_on(on, rule, run[-1][0])
        if thresholds is None:
            continue
        is_high = min(bpm for _, bpm in run) >= thresholds["bpm"]
        if is_high and not was_high:
            yield night_finding(on, rule, run, thresholds, {})
        was_high = is_high


def _sentence(evidence: Mapping[str, Any]) -> str:
    rates = [night["bpm"] for night in evidence["nights"]]
    thresholds = evidence["thresholds"]
    far = ""
    if max(rates) > thresholds["very_high"]:
        far = _(", above %(limit)s", limit=limit_number(thresholds["very_high"]))
    return _(
        "Resting heart rate %(rates)s a minute on the nights up to %(last)s%(far)s (rule H3: "
        "%(limit)s or more on %(nights)s nights).",
        rates=_(" and ").join(map(short_number, rates)),
        last=evidence["nights"][-1]["local_date"],
        far=far,
        limit=limit_number(thresholds["bpm"]),
        nights=len(rates),
    )


RESTING_HIGH = Rule(
    id="H3",
    family="heart",
    version=1,
    tier=Tier.B,
    title="High resting heart rate",
    thresholds={
        "on": 0,
        "bpm": 100,
        "very_high": 120,  # above it, the sentence says so
        "nights": 2,
        "look_back_days": 28,
        "fresh_days": 7,
    },
    overridable={"on": (0, 1), "bpm": (60, 140)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_resting_high,
    sentence=_sentence,
    next_due=tomorrow,
)
