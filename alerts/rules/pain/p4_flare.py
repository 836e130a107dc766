"""Rule P4, a flare: pain that stays above usual for a day or longer (clinical section 4).

There is no accepted definition of a flare. Two answers a day apart, with none lower in between, are
what is called so here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.pain import (
    Ratings,
    pain_finding,
    ratings_read,
    ratings_words,
    thresholds_at,
    usual_pain,
)
from alerts.wording import limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import HOUR_MS
from model.words.language import _


def _flare(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each run of raised ratings that lasts long enough.

    A run begins with a rating above the usual pain of that time, and ends before the first rating
    that is lower than that. Its own ratings do not move the level with which it is compared.
    """
    ratings = ratings_read(on)
    number = 0
    while number < len(ratings):
        first = ratings[number]
        thresholds = thresholds_at(on, rule, first)
        usual = usual_pain(on, first.at_ms)
        # kept for the run: the usual pain rises with a flare, and would end it by itself
        level = None if usual is None else usual + thresholds["rise"]
        run = [] if level is None else _run_from(ratings, number, level)
        apart_ms = int(thresholds["apart_hours"] * HOUR_MS)
        for rating in run:
            if rating.at_ms - first.at_ms >= apart_ms:
                more = {"usual": usual}
                yield from pain_finding(on, rule, rule.tier, [rating, first], thresholds, more)
                break
        # The next run begins with the rating that ended this one, or with the next rating.
        number += max(1, len(run))


def _run_from(ratings: Ratings, number: int, level: float) -> Ratings:
    """Return the ratings from a position on, up to the first one below a level."""
    run: Ratings = []
    for rating in ratings[number:]:
        if rating.value < level:
            break
        run.append(rating)
    return run


def _sentence(evidence: Mapping[str, Any]) -> str:
    thresholds = evidence["thresholds"]
    return _(
        "Pain %(ratings)s; usual before exercise %(usual)s (rule P4: %(rise)s or more above usual "
        "for %(hours)s hours, with no lower answer between).",
        ratings=ratings_words(reversed(evidence["ratings"])),
        usual=short_number(evidence["usual"]),
        rise=limit_number(thresholds["rise"]),
        hours=limit_number(thresholds["apart_hours"]),
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


FLARE = Rule(
    id="P4",
    family="pain",
    version=1,
    tier=Tier.B,
    title="Flare",
    thresholds={"rise": 2, "apart_hours": 24, "look_back_days": 28, "fresh_days": 14},
    overridable={"rise": (1, 8), "apart_hours": (8, 72)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_flare,
    sentence=_sentence,
    next_due=_next_due,
)
