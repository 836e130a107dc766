"""Rule P1, high pain around exercise (clinical definition section 4).

Only ratings on the NRS from 0 to 10 are read. A question without an answer is no rating; it never
counts as 0. A very high rating of now, at no phase of exercise, is told once a date: it may have
any cause, but who says 9 of 10 is not met with silence.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from alerts.pain import (
    Ratings,
    Thresholds,
    by_time,
    pain_finding,
    rated_sessions,
    ratings_of_now,
    ratings_read,
    ratings_words,
    thresholds_at,
)
from alerts.wording import limit_number
from model.alert import FieldThreshold, Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import PainRating
from model.facts import Phase
from model.words.language import _

# A very high rating counts in each of these phases. Before a session it may have other causes.
_VERY_HIGH_TIERS: Mapping[Phase, Tier] = {
    Phase.BEFORE: Tier.B,
    Phase.DURING: Tier.A,
    Phase.AFTER: Tier.A,
    Phase.NEXT_MORNING: Tier.A,
    Phase.NONE: Tier.B,
}


def _high_pain(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each very high rating, and one of tier B for repeated high ratings.

    A very high rating is of tier A, and of tier B before a session and away from any. A finding of
    repeated ones has the first high rating of the session with which enough sessions had one.
    """
    ratings = ratings_read(on)
    for rating in _all_very_high(on, rule, ratings):
        yield from _very_high(on, rule, rating)
    sessions = rated_sessions(ratings)
    for number, of_session in enumerate(sessions):
        first_high: PainRating | None = None
        for rating in of_session:
            thresholds = thresholds_at(on, rule, rating)
            # a very high one has a finding of its own above, and needs no second one
            is_high = thresholds["high"] <= rating.value < thresholds["very_high"]
            if is_high and first_high is None:
                first_high = rating
                # The session itself is among the last `of_last` sessions.
                before = sessions[max(0, number + 1 - int(thresholds["of_last"])) : number]
                yield from _repeated(on, rule, rating, before, thresholds)


def _all_very_high(on: RuleInput, rule: Rule, ratings: Ratings) -> Ratings:
    """Return the very high ratings, of those of now one for each date that has no other."""
    very_high = list(filter(partial(_is_very_high, on, rule), ratings))
    dates = {rating.local_date for rating in very_high}
    of_now = filter(partial(_is_very_high, on, rule), ratings_of_now(on))
    # the graver of a date goes before the earlier
    for rating in sorted(of_now, key=lambda row: (row.session is None, by_time(row))):
        if rating.local_date not in dates:
            dates.add(rating.local_date)
            very_high.append(rating)
    return very_high


def _is_very_high(on: RuleInput, rule: Rule, rating: PainRating) -> bool:
    return rating.value >= thresholds_at(on, rule, rating)["very_high"]


def _very_high(on: RuleInput, rule: Rule, rating: PainRating) -> Iterator[Finding]:
    """Yield the finding of a very high rating alone."""
    is_near = rating.phase is Phase.NONE and rating.session is not None
    # in a session, or soon after it, an answer of now is one about exercise in all but its phase
    tier = Tier.A if is_near else _VERY_HIGH_TIERS[rating.phase]
    more = {"rated_sessions": 1}
    yield from pain_finding(on, rule, tier, [rating], thresholds_at(on, rule, rating), more)


def _repeated(
    on: RuleInput,
    rule: Rule,
    rating: PainRating,
    before: Sequence[Ratings],
    thresholds: Thresholds,
) -> Iterator[Finding]:
    """Yield a finding when enough of the sessions before a high rating had a high one too."""
    latest: list[PainRating] = []
    for ratings in reversed(before):
        high = [rated for rated in ratings if rated.value >= thresholds["high"]]
        # one a session: three high answers about one session are still one session
        latest += high[-1:]
    # The session of the rating itself is one of the sessions that the rule asks for.
    others = int(thresholds["sessions"]) - 1
    if len(latest) >= others:
        rests_on = [rating, *latest[:others]]
        rated = {"rated_sessions": len(before) + 1}
        yield from pain_finding(on, rule, Tier.B, rests_on, thresholds, rated)


def _sentence(evidence: Mapping[str, Any]) -> str:
    limits = {name: limit_number(value) for name, value in evidence["thresholds"].items()}
    ratings = ratings_words(evidence["ratings"])
    if len(evidence["ratings"]) == 1:
        very_high = limits["very_high"]
        return _(
            "Pain %(ratings)s (rule P1: %(limit)s or more once).", ratings=ratings, limit=very_high
        )
    return _(
        "Pain %(ratings)s (rule P1: %(limit)s or more in %(sessions)s of the last %(of_last)s "
        "rated sessions).",
        ratings=ratings,
        limit=limits["high"],
        sessions=limits["sessions"],
        of_last=limits["of_last"],
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


HIGH_PAIN = Rule(
    id="P1",
    family="pain",
    version=3,
    tier=Tier.A,
    title="High pain",
    thresholds={
        "high": 6,
        "very_high": 8,
        "sessions": 2,
        "of_last": 3,
        "look_back_days": 28,
        "fresh_days": 14,
    },
    # the greatest values leave a rating of 10 that each part of the rule can meet
    overridable={"high": (1, 10), "very_high": (4, 10), "sessions": (1, 5), "of_last": (1, 10)},
    in_order=(("high", "very_high"), ("sessions", "of_last")),
    cooldown_days=7,
    prescribed={"high": FieldThreshold(field="pain_limit", plus=1)},
    renewed=False,
    predicate=_high_pain,
    sentence=_sentence,
    next_due=_next_due,
)
