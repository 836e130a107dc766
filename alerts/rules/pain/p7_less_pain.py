"""Rule P7, less pain than at the start (clinical definition section 4): good news.

The usual pain of now is compared with that of the first two weeks of the prescription, as far as
ratings of then are still looked at.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.pain import pain_finding, ratings_read, thresholds_at, usual_pain
from alerts.waiting_for_data import as_recorded
from alerts.wording import limit_number, limit_percent, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import DAY_MS, midnight
from model.facts import Phase
from model.prescription import first_dates
from model.words.language import _

_START_DAYS = 14


def _less_pain(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield at most one finding: the first rating with which the usual pain is low enough."""
    ratings = ratings_read(on)
    begun = min(first_dates(as_recorded(on)).values(), default=None)
    if begun is None:
        return
    start_ms = midnight(begun, on.zone) + _START_DAYS * DAY_MS
    at_start = usual_pain(on, start_ms)
    for rating in ratings:
        if at_start is None or rating.at_ms < start_ms or rating.phase is not Phase.BEFORE:
            continue
        # with the rating itself
        usual = usual_pain(on, rating.at_ms + 1)
        thresholds = thresholds_at(on, rule, rating)
        fall = 0.0 if usual is None else at_start - usual
        if fall >= thresholds["fall"] and fall >= thresholds["share"] * at_start:
            more = {"at_start": at_start, "usual": usual}
            yield from pain_finding(on, rule, rule.tier, [rating], thresholds, more)
            return


def _sentence(evidence: Mapping[str, Any]) -> str:
    thresholds = evidence["thresholds"]
    return _(
        "Usual pain before exercise %(usual)s of 10, and %(at_start)s in the first two weeks "
        "(rule P7: %(fall)s and %(share)s %% less or more).",
        usual=short_number(evidence["usual"]),
        at_start=short_number(evidence["at_start"]),
        fall=limit_number(thresholds["fall"]),
        share=limit_percent(thresholds["share"]),
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


LESS_PAIN = Rule(
    id="P7",
    family="progress",
    version=1,
    tier=Tier.C,
    title="Less pain than at the start",
    thresholds={"fall": 2, "share": 0.3, "look_back_days": 63, "fresh_days": 14},
    overridable={},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=False,
    predicate=_less_pain,
    sentence=_sentence,
    next_due=_next_due,
)
