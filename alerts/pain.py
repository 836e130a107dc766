"""Pain ratings in the form in which the rules about pain weigh them. Pure.

Only ratings on the NRS from 0 to 10 are read (clinical definition section 4). A question without an
answer is no rating; it never counts as 0.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from statistics import median
from typing import Any, TypeAlias

from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.thresholds import thresholds_on
from alerts.wording import PHASE_WORDS, short_number
from alerts.worked_out import once
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import PainRating
from model.answered_session import answered_sessions
from model.calendar import DAY_MS, rfc3339
from model.facts import Instrument, Phase
from model.prescribing.blocked_dates import with_own_pauses
from model.prescribing.recorded import known_at
from model.prescription import all_paused, just_begun
from model.words.language import _, translated

PAIN_SCALE = "nrs-0-10"  # an answer on another scale is another figure, and is not converted
RATED_PHASES = (Phase.BEFORE, Phase.DURING, Phase.AFTER, Phase.NEXT_MORNING)
EXERCISE_PHASES = (Phase.DURING, Phase.AFTER)
_USUAL_DAYS, _USUAL_RATINGS = 14, 3  # for the usual pain: days that count, and ratings at least
_TOP_OF_SCALE = 10

Ratings: TypeAlias = list[PainRating]
Thresholds: TypeAlias = dict[str, float]


@once
def ratings_read(on: RuleInput) -> Ratings:
    """Return the ratings that the rules read, by time.

    A rating belongs to the session that it names, else to a session in progress or ended within six
    hours before, else to none.
    """
    # The same answer may come twice, once with its session and once matched by time. It is equal
    # after matching, so the set keeps it once.
    of_exercise = [rating for rating in on.pain if _is_read(rating, RATED_PHASES)]
    return sorted(set(_with_sessions(on, of_exercise)), key=by_time)


@once
def ratings_of_now(on: RuleInput) -> Ratings:
    """Return the answers about pain "right now", which name no phase of exercise, by time.

    The session of such an answer is one near it in time, never one that it names: what hurts now
    is not what hurt then.
    """
    of_now = [rating for rating in on.pain if _is_read(rating, (Phase.NONE,))]
    unnamed = [replace(row, session=None) for row in of_now]
    return sorted(set(_with_sessions(on, unnamed)), key=by_time)


def by_time(rating: PainRating) -> tuple[int, str]:
    """Return a key that sorts ratings by their time; the record decides between equal times."""
    return rating.at_ms, rating.record


def rated_sessions(
    ratings: Iterable[PainRating], phases: Collection[Phase] = EXERCISE_PHASES
) -> list[Ratings]:
    """Return the sessions with a rating in one of `phases`, by time, each with these ratings.

    Ratings without a session are those of one session a local date.
    """
    by_session: dict[str, Ratings] = defaultdict(list)
    for rating in ratings:
        if rating.phase in phases:
            # Ids are 32 hex digits, so a date is never taken for the id of a session.
            by_session[rating.session or rating.local_date.isoformat()].append(rating)
    return sorted(by_session.values(), key=lambda ratings: by_time(ratings[0]))


@once
def usual_pain(on: RuleInput, at_ms: int) -> float | None:
    """Return the usual pain at an instant (epoch ms), None where too little is known of it.

    It is the median of the ratings before exercise in the 14 days up to the instant, of at least
    three (clinical definition section 4).
    """
    before = _ratings_before(on)
    # both ends by bisection: each rating asks for its usual pain, and there may be thousands
    first = bisect_left(before, at_ms - _USUAL_DAYS * DAY_MS, key=_instant)
    # the instant itself is left out, because a rating must not count as its own usual
    last = bisect_left(before, at_ms, key=_instant)
    values = [rating.value for rating in before[first:last]]
    return median(values) if len(values) >= _USUAL_RATINGS else None


@once
def _ratings_before(on: RuleInput) -> Ratings:
    return [rating for rating in ratings_read(on) if rating.phase is Phase.BEFORE]


def _instant(rating: PainRating) -> int:
    return rating.at_ms


def thresholds_at(on: RuleInput, rule: Rule, rating: PainRating) -> Thresholds:
    """Return the thresholds of a rule for a rating, by what was prescribed when it was given."""
    # A prescription that is dated back does not reach back.
    known = known_at(on.prescriptions, on.recorded, rating.at_ms)
    # which versions are known depends on the instant alone, so their number tells which they are
    key = (thresholds_at, rule.id, rating.local_date, len(known))
    if key not in on.worked_out:
        on.worked_out[key] = thresholds_on(rule, known, rating.local_date)
    thresholds: Thresholds = on.worked_out[key]
    return thresholds


def is_muted(on: RuleInput, day: date) -> bool:
    """Return whether only tier A counts on a date: in a pause, and in a prescription's first days.

    The date is that of the answer and not that of the judgement, so that judging later agrees.
    """
    own = with_own_pauses(on.prescriptions)
    return all_paused(own, day) or just_begun(own, day)


def pain_finding(
    on: RuleInput,
    rule: Rule,
    tier: Tier,
    ratings: Sequence[PainRating],
    thresholds: Thresholds,
    more: Mapping[str, Any],
) -> Iterator[Finding]:
    """Yield the finding of some ratings, the first of them its key; none beyond the look-back.

    `more` is evidence besides the ratings, as JSON values.
    """
    key, from_ms = ratings[0], min(rating.at_ms for rating in ratings)
    # The look-back counts from the earliest rating, or a finding would lose a part of its evidence.
    if from_ms < on.now_ms - rule.thresholds["look_back_days"] * DAY_MS:
        return
    muted = tier is not Tier.A and is_muted(on, key.local_date)
    # A muted finding was never fresh, so no alert may be kept alive by it.
    until_ms = key.at_ms if muted else fresh_until(rule, key.at_ms)
    yield finding_of(
        on,
        rule,
        Occasion(
            key=key.record,
            tier=tier,
            at_ms=key.at_ms,
            from_ms=from_ms,
            fresh_until_ms=until_ms,
            session=key.session,
            is_fresh=False if muted else None,
        ),
        {
            "ratings": list(map(rating_evidence, ratings)),
            "thresholds": thresholds,
            **more,
        },
    )


def rating_evidence(rating: PainRating) -> dict[str, Any]:
    """Return a rating as evidence."""
    return {
        "record": rating.record,
        "at": rfc3339(rating.at_ms),
        "local_date": rating.local_date.isoformat(),
        "phase": rating.phase.value,
        "value": rating.value,
        "scale": rating.scale,
        "session": rating.session,
    }


def ratings_words(ratings: Iterable[Mapping[str, Any]]) -> str:
    """Return the evidence of ratings in words: "6 of 10 after exercise on 2026-11-20"."""
    return _(", and ").join(map(_rating_words, ratings))


def _rating_words(rating: Mapping[str, Any]) -> str:
    return _(
        "%(value)s of 10 %(phase)s on %(date)s",
        value=short_number(rating["value"]),
        phase=translated(PHASE_WORDS[rating["phase"]]),
        date=rating["local_date"],
    )


def _is_read(rating: PainRating, phases: Collection[Phase]) -> bool:
    is_of_phases = rating.instrument is Instrument.PAIN and rating.phase in phases
    return is_of_phases and rating.scale == PAIN_SCALE and 0 <= rating.value <= _TOP_OF_SCALE


def _with_sessions(on: RuleInput, ratings: Sequence[PainRating]) -> Iterator[PainRating]:
    """Yield ratings, each with the session near it in time where it names none."""
    instants = [rating.at_ms for rating in ratings if rating.session is None]
    near = answered_sessions(instants, on.sessions)
    for rating in ratings:
        session = near[rating.at_ms] if rating.session is None else None
        yield rating if session is None else replace(rating, session=session.id)
