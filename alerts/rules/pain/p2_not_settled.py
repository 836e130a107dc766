"""Rule P2, pain that has not settled by the next morning (clinical definition section 4).

Pain after exercise may rise and is acceptable when it is back to usual the next morning. Without a
known usual pain nothing is compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.pain import (
    Ratings,
    Thresholds,
    pain_finding,
    rated_sessions,
    ratings_read,
    ratings_words,
    thresholds_at,
    usual_pain,
)
from alerts.wording import limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import PainRating
from model.facts import Phase
from model.words.language import _


def _not_settled(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each raised morning with which enough of the last mornings were raised.

    A morning belongs to a session, and of several answers about it the highest counts.
    """
    ratings = ratings_read(on)
    mornings: Ratings = []
    for of_session in rated_sessions(ratings, (Phase.NEXT_MORNING,)):
        mornings.append(max(of_session, key=_by_value))
    for number, morning in enumerate(mornings):
        thresholds = thresholds_at(on, rule, morning)
        usual = usual_pain(on, morning.at_ms)
        # an unknown usual is not 0: every morning with any pain would be raised
        if usual is None or morning.value < usual + thresholds["rise"]:
            continue
        # the morning itself is among the last `of_last`
        before = mornings[max(0, number + 1 - int(thresholds["of_last"])) : number]
        raised = _raised(on, before, thresholds)
        others = int(thresholds["sessions"]) - 1
        if len(raised) >= others:
            rests_on = [morning, *raised[:others]]
            more = {"usual": usual, "rated_sessions": len(before) + 1}
            yield from pain_finding(on, rule, rule.tier, rests_on, thresholds, more)


def _raised(on: RuleInput, mornings: Sequence[PainRating], thresholds: Thresholds) -> Ratings:
    """Return the mornings that were above the usual pain of their time, the latest first."""
    raised: Ratings = []
    for morning in reversed(mornings):
        usual = usual_pain(on, morning.at_ms)
        if usual is not None and morning.value >= usual + thresholds["rise"]:
            raised.append(morning)
    return raised


def _by_value(rating: PainRating) -> tuple[float, int]:
    # of equal values the earliest, so that a later answer does not move the finding
    return rating.value, -rating.at_ms


def _sentence(evidence: Mapping[str, Any]) -> str:
    limits = {name: limit_number(value) for name, value in evidence["thresholds"].items()}
    return _(
        "Pain %(ratings)s; usual before exercise %(usual)s (rule P2: %(rise)s or more above usual "
        "on %(sessions)s of the last %(of_last)s rated mornings).",
        ratings=ratings_words(evidence["ratings"]),
        usual=short_number(evidence["usual"]),
        rise=limits["rise"],
        sessions=limits["sessions"],
        of_last=limits["of_last"],
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


NOT_SETTLED = Rule(
    id="P2",
    family="pain",
    version=1,
    tier=Tier.B,
    title="Pain not settled by the next morning",
    thresholds={
        "rise": 2,  # above usual; a change of one point is noise
        "sessions": 2,
        "of_last": 3,
        "look_back_days": 28,
        "fresh_days": 14,
    },
    overridable={"rise": (1, 8), "sessions": (1, 5), "of_last": (1, 10)},
    in_order=(("sessions", "of_last"),),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_not_settled,
    sentence=_sentence,
    next_due=_next_due,
)
