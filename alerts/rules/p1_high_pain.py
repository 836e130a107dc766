"""Rule P1, high pain around exercise (clinical definition section 4).

Only ratings on the NRS from 0 to 10 are read. A question without an answer is no rating; it never
counts as 0.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts.thresholds import thresholds_on
from alerts.wording import PHASE_WORDS, short_number
from model.alert import FieldThreshold, Finding, PainRating, Rule, RuleInput, Tier
from model.answered_session import answered_session
from model.calendar import DAY_MS, rfc3339
from model.facts import Instrument, Phase
from model.prescription import all_paused, just_begun, known_at

SCALE = "nrs-0-10"  # an answer on another scale is another figure, and is not converted
# A very high rating counts in each of these phases. Before a session it may have other causes.
_VERY_HIGH_TIERS: Mapping[Phase, Tier] = {
    Phase.BEFORE: Tier.B,
    Phase.DURING: Tier.A,
    Phase.AFTER: Tier.A,
    Phase.NEXT_MORNING: Tier.A,
}
EXERCISE_PHASES = (Phase.DURING, Phase.AFTER)  # repeated high ratings count in these
_TOP_OF_SCALE = 10

_Ratings = list[PainRating]
_Thresholds = dict[str, float]


def _high_pain(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each very high rating, and one of tier B for repeated high ratings.

    A very high rating is of tier A, and of tier B before a session. A finding of repeated high
    ratings has the first high rating of the session with which enough sessions had one.
    """
    ratings = _ratings_read(on)
    for rating in ratings:
        thresholds = _thresholds(on, rule, rating)
        if rating.value >= thresholds["very_high"]:
            yield from _finding(on, rule, _VERY_HIGH_TIERS[rating.phase], [rating], thresholds)
    sessions = _rated_sessions(ratings)
    for number, of_session in enumerate(sessions):
        first_high: PainRating | None = None
        for rating in of_session:
            thresholds = _thresholds(on, rule, rating)
            is_high = thresholds["high"] <= rating.value < thresholds["very_high"]
            if is_high and first_high is None:
                first_high = rating
                # The session itself is among the last `of_last` sessions.
                before = sessions[max(0, number + 1 - int(thresholds["of_last"])) : number]
                yield from _repeated(on, rule, rating, before, thresholds)


def _repeated(
    on: RuleInput,
    rule: Rule,
    rating: PainRating,
    before: Sequence[_Ratings],
    thresholds: _Thresholds,
) -> Iterator[Finding]:
    """Yield a finding when enough of the sessions before a high rating had a high one too."""
    latest: list[PainRating] = []
    for ratings in reversed(before):
        high = [rated for rated in ratings if rated.value >= thresholds["high"]]
        latest += high[-1:]
    # The session of the rating itself is one of the sessions that the rule asks for.
    others = int(thresholds["sessions"]) - 1
    if len(latest) >= others:
        rests_on = [rating, *latest[:others]]
        yield from _finding(on, rule, Tier.B, rests_on, thresholds, rated=len(before) + 1)


def _thresholds(on: RuleInput, rule: Rule, rating: PainRating) -> dict[str, float]:
    # What was prescribed by then: a prescription that is dated back does not reach back.
    known = known_at(on.prescriptions, on.recorded, rating.at_ms)
    return thresholds_on(rule, known, rating.local_date)


def _ratings_read(on: RuleInput) -> _Ratings:
    """Return the ratings that the rule reads, by time.

    A rating belongs to the session that it names, else to a session in progress or ended within six
    hours before, else to none.
    """
    # The same answer may come twice, once with its session and once matched by time. It is equal
    # after matching, so the set keeps it once.
    ratings = {_with_session(on, rating) for rating in on.pain if _is_read(rating)}
    return sorted(ratings, key=_by_time)


def _rated_sessions(ratings: _Ratings) -> list[_Ratings]:
    """Return the sessions with an answer on pain during or after, by time, each with its ratings.

    Ratings without a session are those of one session a local date.
    """
    by_session: dict[str, _Ratings] = defaultdict(list)
    for rating in ratings:
        if rating.phase in EXERCISE_PHASES:
            # Ids are 32 hex digits, so a date is never taken for the id of a session.
            by_session[rating.session or rating.local_date.isoformat()].append(rating)
    return sorted(by_session.values(), key=lambda ratings: _by_time(ratings[0]))


def _by_time(rating: PainRating) -> tuple[int, str]:
    return rating.at_ms, rating.record


def _is_read(rating: PainRating) -> bool:
    of_exercise = rating.instrument is Instrument.PAIN and rating.phase in _VERY_HIGH_TIERS
    return of_exercise and rating.scale == SCALE and 0 <= rating.value <= _TOP_OF_SCALE


def _with_session(on: RuleInput, rating: PainRating) -> PainRating:
    session = answered_session(rating.at_ms, on.sessions) if rating.session is None else None
    return rating if session is None else replace(rating, session=session.id)


def _finding(
    on: RuleInput,
    rule: Rule,
    tier: Tier,
    ratings: Sequence[PainRating],
    thresholds: _Thresholds,
    rated: int = 1,
) -> Iterator[Finding]:
    """Yield the finding of some ratings, the first of them its key; none beyond the look-back."""
    key, from_ms = ratings[0], min(rating.at_ms for rating in ratings)
    # The look-back counts from the earliest rating, or a finding would lose a part of its evidence.
    if from_ms < on.now_ms - rule.thresholds["look_back_days"] * DAY_MS:
        return
    muted = tier is not Tier.A and _is_muted(on, key)
    # A muted finding was never fresh, so no alert may be kept alive by it.
    fresh_until = key.at_ms if muted else key.at_ms + int(rule.thresholds["fresh_days"] * DAY_MS)
    yield Finding(
        rule=rule.id,
        rule_version=rule.version,
        family=rule.family,
        key=key.record,
        tier=tier,
        at_ms=key.at_ms,
        from_ms=from_ms,
        fresh_until_ms=fresh_until,
        session=key.session,
        fresh=not muted and on.now_ms <= fresh_until,
        evidence={
            "rule": rule.id,
            "version": rule.version,
            "from_ms": from_ms,
            "fresh_until_ms": fresh_until,
            "ratings": list(map(_rating_evidence, ratings)),
            "rated_sessions": rated,
            "thresholds": thresholds,
        },
    )


def _is_muted(on: RuleInput, rating: PainRating) -> bool:
    """Return whether only tier A counts: in a pause, and in the first days of a prescription."""
    # The date of the answer decides, not that of the judgement, so that judging later agrees.
    day = rating.local_date
    return all_paused(on.prescriptions, day) or just_begun(on.prescriptions, day)


def _rating_evidence(rating: PainRating) -> dict[str, Any]:
    return {
        "record": rating.record,
        "at": rfc3339(rating.at_ms),
        "local_date": rating.local_date.isoformat(),
        "phase": rating.phase.value,
        "value": rating.value,
        "scale": rating.scale,
        "session": rating.session,
    }


def _sentence(evidence: Mapping[str, Any]) -> str:
    thresholds = evidence["thresholds"]
    ratings = list(map(_rating_words, evidence["ratings"]))
    if len(ratings) == 1:
        return f"Pain {ratings[0]} (rule P1: {short_number(thresholds['very_high'])} or more once)."
    sessions, of_last = short_number(thresholds["sessions"]), short_number(thresholds["of_last"])
    enough = f"{sessions} of the last {of_last} rated sessions"
    high = short_number(thresholds["high"])
    return f"Pain {', and '.join(ratings)} (rule P1: {high} or more in {enough})."


def _rating_words(rating: Mapping[str, Any]) -> str:
    phase = PHASE_WORDS[rating["phase"]]
    return f"{short_number(rating['value'])} of 10 {phase} on {rating['local_date']}"


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only a new answer changes what this rule finds."""
    return ()


HIGH_PAIN = Rule(
    id="P1",
    family="pain",
    version=2,
    tier=Tier.A,
    title="High pain around exercise",
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
