"""Rule P4, a flare: pain that stays above usual for a day or longer (clinical section 4).

There is no accepted definition of a flare. Two answers a day apart, with none lower in between, are
what is called so here. An answer is above usual when it is above the usual pain before exercise,
and above what is usual in its own phase where that is known: who aches after each session has no
flare.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.pain import (
    Ratings,
    pain_finding,
    ratings_read,
    ratings_words,
    thresholds_at,
    usual_ache,
    usual_pain,
)
from alerts.wording import PHASE_WORDS, short_number
from model.alert import Finding, PainRating, Rule, RuleInput, Tier
from model.calendar import HOUR_MS
from model.words.language import _, translated


def _flare(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each run of raised ratings that lasts long enough.

    A run begins with a rating above the usual pain of that time, and ends before the first rating
    that is lower than that. Its own ratings do not move the levels with which it is compared.
    """
    ratings = ratings_read(on)
    number = 0
    while number < len(ratings):
        first = ratings[number]
        thresholds = thresholds_at(on, rule, first)
        usual = usual_pain(on, first.at_ms)
        if usual is None:
            number += 1
            continue
        run = _run_from(on, ratings[number:], usual, thresholds["rise"])
        apart_ms = int(thresholds["apart_hours"] * HOUR_MS)
        for rating in run:
            if rating.at_ms - first.at_ms >= apart_ms:
                more = {"usual": usual, **_aches(on, (rating, first), usual, thresholds["rise"])}
                yield from pain_finding(on, rule, rule.tier, [rating, first], thresholds, more)
                break
        # The next run begins with the rating that ended this one, or with the next rating.
        number += max(1, len(run))


def _run_from(on: RuleInput, ratings: Ratings, usual: float, rise: float) -> Ratings:
    """Return the first ratings up to one that is not raised."""
    run: Ratings = []
    for rating in ratings:
        # the usual pain of its beginning is kept: it rises with a flare, and would end it by itself
        if rating.value < usual + rise:
            break
        if rating.value < _ache(on, rating, ratings[0], usual, rise) + rise:
            break
        run.append(rating)
    return run


def _ache(on: RuleInput, rating: PainRating, first: PainRating, usual: float, rise: float) -> float:
    """Return what is usual in the phase of a rating at the beginning of its run, at least `usual`.

    Where it is not known, that is the usual pain before exercise.
    """
    ache = usual_ache(on, rating.phase, first.at_ms, usual + rise)
    return usual if ache is None else max(usual, ache)


def _aches(
    on: RuleInput, pair: Sequence[PainRating], usual: float, rise: float
) -> dict[str, dict[str, float]]:
    """Return as evidence what is usual in the phases of two ratings, where it is above `usual`."""
    aches = {row.phase.value: _ache(on, row, pair[-1], usual, rise) for row in pair}
    above = {phase: ache for phase, ache in aches.items() if ache > usual}
    return {"usual_in_phase": above} if above else {}


def _sentence(evidence: Mapping[str, Any]) -> str:
    thresholds = evidence["thresholds"]
    return _(
        "Pain %(ratings)s; usual %(usual)s (rule P4: %(rise)s or more above usual for %(hours)s "
        "hours, with no lower answer between).",
        ratings=ratings_words(reversed(evidence["ratings"])),
        usual=_(", and ").join(_usual_words(evidence)),
        rise=short_number(thresholds["rise"]),
        hours=short_number(thresholds["apart_hours"]),
    )


def _usual_words(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is usual in words: "before exercise 2"."""
    usual = {"before": evidence["usual"], **evidence.get("usual_in_phase", {})}
    for phase, value in usual.items():
        yield f"{translated(PHASE_WORDS[phase])} {short_number(value)}"


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


FLARE = Rule(
    id="P4",
    family="pain",
    version=2,
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
