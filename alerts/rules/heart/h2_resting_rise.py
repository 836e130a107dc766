"""Rule H2, a resting heart rate that rose against the weeks before (clinical section 5.4).

One person in five has a week with such a swing without any illness, so it is of tier C and never
graver.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.heart import level_before, night_finding, nights, thresholds_if_on, tomorrow
from alerts.wording import limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.words.language import _


def _resting_rise(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for the first nights of each run that are high enough for long enough."""
    known = nights(on)
    length = int(rule.thresholds["nights"])
    was_high = False
    for number in range(length, len(known) + 1):
        run = known[number - length : number]
        thresholds = thresholds_if_on(on, rule, run[-1][0])
        if thresholds is None:
            continue
        # the nights before the run: it must not lift the level with which it is compared
        level, spread, count = level_before(known, run[0][0], int(rule.thresholds["level_days"]))
        least = level + max(thresholds["rise"], thresholds["spreads"] * spread)
        is_high = count >= thresholds["level_nights"] and min(bpm for _, bpm in run) >= least
        if is_high and not was_high:
            more = {"level": level, "spread": spread}
            yield night_finding(on, rule, run, thresholds, more)
        was_high = is_high


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "Resting heart rate %(rates)s a minute in the last nights up to %(last)s, and %(level)s in "
        "the weeks before (rule H2: %(rise)s or more above).",
        rates=", ".join(short_number(night["bpm"]) for night in evidence["nights"]),
        last=evidence["nights"][-1]["local_date"],
        level=short_number(evidence["level"]),
        rise=limit_number(evidence["thresholds"]["rise"]),
    )


RESTING_RISE = Rule(
    id="H2",
    family="heart",
    version=1,
    tier=Tier.C,
    title="Resting heart rate has risen",
    thresholds={
        "on": 0,
        "rise": 10,  # beats a minute above the level
        "spreads": 3,  # robust deviations above the level
        "nights": 3,
        "level_days": 28,
        "level_nights": 7,  # known, at least
        "look_back_days": 28,
        "fresh_days": 7,
    },
    overridable={"on": (0, 1), "rise": (5, 40)},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=False,
    predicate=_resting_rise,
    sentence=_sentence,
    next_due=tomorrow,
)
