"""Rules on pain (clinical definition section 4). Reads ratings on the NRS 0-10 only.

A question without an answer is no rating, and never 0.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from alerts.rules.prescribed import thresholds
from model.alert import Finding, PainRating, Rule, RuleInput, Tier
from model.answered_session import answered_session
from model.calendar import DAY_MS, rfc3339
from model.facts import Instrument, Phase
from model.prescription import all_paused, just_begun

SCALE = "nrs-0-10"
EXERCISE_PHASES = (Phase.DURING, Phase.AFTER)
_TOP = 10

Rated = list[PainRating]


def high_pain(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield P1: pain during or after exercise very high once (tier A), or high in enough of the last rated sessions.

    One finding a rating: each very high one, and the first high one of each session with which "enough" came true.
    """
    sessions = rated_sessions(on)
    for n, ratings in enumerate(sessions):
        first_high: PainRating | None = None
        for rating in ratings:
            limits = thresholds(rule, on.prescriptions, rating.local_date)
            if rating.value >= limits["very_high"]:
                yield from _finding(on, rule, Tier.A, [rating], limits)
            elif rating.value >= limits["high"] and first_high is None:
                first_high = rating
                before = sessions[max(0, n + 1 - int(limits["of_last"])) : n]
                yield from _repeated(on, rule, rating, before, limits)


def _repeated(
    on: RuleInput, rule: Rule, rating: PainRating, before: Sequence[Rated], limits: dict[str, float]
) -> Iterator[Finding]:
    highs = [[r for r in ratings if r.value >= limits["high"]] for ratings in before]
    latest = [high[-1] for high in reversed(highs) if high]
    others = int(limits["sessions"]) - 1
    if len(latest) >= others:
        yield from _finding(
            on, rule, Tier.B, [rating, *latest[:others]], limits, rated=len(before) + 1
        )


def rated_sessions(on: RuleInput) -> list[Rated]:
    """Return the sessions with an answer on pain during or after, in time, each with its ratings in time.

    A rating belongs to the session that it names, else to the one in progress or ended within six hours before, else
    to its own local date.
    """
    groups: dict[str, Rated] = defaultdict(list)
    for rating in sorted({_placed(on, r) for r in on.pain if _counts(r)}, key=_when):
        groups[rating.session or rating.local_date.isoformat()].append(rating)
    return sorted(groups.values(), key=lambda ratings: _when(ratings[0]))


def _when(rating: PainRating) -> tuple[int, str]:
    return rating.at_ms, rating.record


def _counts(rating: PainRating) -> bool:
    requested = rating.instrument is Instrument.PAIN and rating.phase in EXERCISE_PHASES
    return requested and rating.scale == SCALE and 0 <= rating.value <= _TOP


def _placed(on: RuleInput, rating: PainRating) -> PainRating:
    session = answered_session(rating.at_ms, on.sessions) if rating.session is None else None
    return rating if session is None else replace(rating, session=session.id)


def _finding(
    on: RuleInput,
    rule: Rule,
    tier: Tier,
    ratings: Sequence[PainRating],
    limits: dict[str, float],
    rated: int = 1,
) -> Iterator[Finding]:
    key, from_ms = ratings[0], min(r.at_ms for r in ratings)
    if from_ms < on.now_ms - rule.thresholds["look_back_days"] * DAY_MS:
        return
    muted = tier is not Tier.A and _muted(on, key)
    fresh_until = key.at_ms if muted else key.at_ms + int(rule.thresholds["fresh_days"] * DAY_MS)
    yield Finding(
        rule=rule.id,
        rule_version=rule.version,
        family=rule.family,
        key=key.record,
        tier=tier,
        at_ms=key.at_ms,
        session=key.session,
        fresh=not muted and on.now_ms <= fresh_until,
        evidence={
            "rule": rule.id,
            "version": rule.version,
            "from_ms": from_ms,
            "fresh_until_ms": fresh_until,
            "ratings": [_said(rating) for rating in ratings],
            "rated_sessions": rated,
            "thresholds": limits,
        },
    )


def _muted(on: RuleInput, rating: PainRating) -> bool:
    """Return whether only tier A is told: in a pause, and in the first days of a prescription (section 6, 5)."""
    return all_paused(on.prescriptions, rating.local_date) or just_begun(
        on.prescriptions, rating.local_date
    )


def _said(rating: PainRating) -> dict[str, Any]:
    return {
        "record": rating.record,
        "at": rfc3339(rating.at_ms),
        "local_date": rating.local_date.isoformat(),
        "phase": rating.phase.value,
        "value": rating.value,
        "scale": rating.scale,
        "session": rating.session,
    }
