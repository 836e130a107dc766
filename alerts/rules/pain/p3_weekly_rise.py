"""Rule P3, pain around exercise that rises from week to week (clinical definition section 4).

The medians of whole weeks are compared, because single ratings scatter. A week with few ratings has
no median that is compared. Every rating around exercise counts: who exercises twice a week rates
four times or more, and only twice after exercise. But who rates before exercise in one week and
after it in the next has a higher median and no more pain: a phase that both weeks have must have
risen as much.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from statistics import median
from typing import Any

from alerts.occasions import Occasion, finding_of
from alerts.pain import RATED_PHASES, Ratings, is_muted, ratings_read
from alerts.thresholds import thresholds_on
from alerts.wording import in_turn, limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import DAY_MS, local_date, monday, week_bounds
from model.facts import Phase
from model.prescribing.recorded import from_recording
from model.words.language import _

_WEEK = timedelta(days=7)


def _weekly_rise(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each week that is over and to which the median rose enough."""
    prescribed = from_recording(on.prescriptions, on.recorded, on.zone)
    by_week = _by_week(ratings_read(on))
    for last in sorted(by_week):
        end_ms = week_bounds(last, on.zone)[1]
        thresholds = thresholds_on(rule, prescribed, last)
        rising = _rising(by_week, last, thresholds)
        # a running week is not compared: its median may still go down with an answer of today
        if rising and end_ms <= on.now_ms and _in_sight(on, rule, rising[0]):
            yield _finding(on, rule, last, [_week(first, by_week) for first in rising], thresholds)


def _by_week(ratings: Ratings) -> dict[date, Ratings]:
    """Return the ratings by the Monday of their week."""
    by_week: dict[date, Ratings] = defaultdict(list)
    for rating in ratings:
        by_week[monday(rating.local_date)].append(rating)
    return by_week


def _rising(
    by_week: Mapping[date, Ratings], last: date, thresholds: Mapping[str, float]
) -> list[date]:
    """Return the Mondays of the weeks over which the median rose, [] where it did not."""
    rise = _rise(by_week, last, thresholds)
    if rise is None:
        return []
    # looked at first, because so steep a rise needs no second week to be believed
    if rise >= thresholds["at_once"]:
        return [last - _WEEK, last]
    before = _rise(by_week, last - _WEEK, thresholds)
    if before is not None and min(before, rise) >= thresholds["each_week"]:
        return [last - 2 * _WEEK, last - _WEEK, last]
    return []


def _rise(
    by_week: Mapping[date, Ratings], week: date, thresholds: Mapping[str, float]
) -> float | None:
    """Return by how much pain rose from the week before, None where too little is known."""
    before, after = by_week.get(week - _WEEK, []), by_week.get(week, [])
    if min(len(before), len(after)) < thresholds["ratings"]:
        return None
    rises = [_median(after, phase) - _median(before, phase) for phase in _shared(before, after)]
    overall = _median(after, *RATED_PHASES) - _median(before, *RATED_PHASES)
    # without a phase in common the weeks answer different questions
    return min(overall, max(rises)) if rises else None


def _shared(before: Ratings, after: Ratings) -> set[Phase]:
    """Return the phases that both of two weeks have ratings of."""
    return {rating.phase for rating in before} & {rating.phase for rating in after}


def _median(ratings: Ratings, *phases: Phase) -> float:
    return median(rating.value for rating in ratings if rating.phase in phases)


def _week(first: date, by_week: Mapping[date, Ratings]) -> dict[str, Any]:
    values = [rating.value for rating in by_week[first]]
    return {"monday": first.isoformat(), "median": median(values), "ratings": len(values)}


def _in_sight(on: RuleInput, rule: Rule, first: date) -> bool:
    earliest_ms = on.now_ms - rule.thresholds["look_back_days"] * DAY_MS
    return week_bounds(first, on.zone)[0] >= earliest_ms


def _finding(
    on: RuleInput,
    rule: Rule,
    last: date,
    weeks: list[dict[str, Any]],
    thresholds: Mapping[str, float],
) -> Finding:
    """Return the finding of some weeks; the Monday of the last is its key."""
    end_ms = week_bounds(last, on.zone)[1]
    from_ms = week_bounds(date.fromisoformat(weeks[0]["monday"]), on.zone)[0]
    # by the last day of the week, on which the finding is made
    muted = is_muted(on, last + _WEEK - timedelta(days=1))
    # When the next week is over, that week tells whether the pain still rises.
    fresh_until_ms = end_ms if muted else week_bounds(last + _WEEK, on.zone)[1]
    return finding_of(
        on,
        rule,
        Occasion(
            key=last.isoformat(),
            at_ms=end_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
            is_fresh=not muted and on.now_ms < fresh_until_ms,
        ),
        {
            "weeks": weeks,
            "thresholds": dict(thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    weeks, thresholds = evidence["weeks"], evidence["thresholds"]
    return _(
        "Median pain around exercise rose by week: %(medians)s of 10, the last in the week of "
        "%(monday)s, by %(counts)s ratings (rule P3: %(each)s or more in two weeks running, or "
        "%(at_once)s at once).",
        medians=in_turn(short_number(week["median"]) for week in weeks),
        monday=weeks[-1]["monday"],
        counts=in_turn(str(week["ratings"]) for week in weeks),
        each=limit_number(thresholds["each_week"]),
        at_once=limit_number(thresholds["at_once"]),
    )


def _next_due(on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return the end of the running week where an answer of it may complete the rule."""
    this_week = monday(local_date(on.now_ms, on.zone))
    if this_week not in _by_week(ratings_read(on)):
        return ()
    return (week_bounds(this_week, on.zone)[1],)


WEEKLY_RISE = Rule(
    id="P3",
    family="pain",
    version=3,
    tier=Tier.B,
    title="Pain rising from week to week",
    thresholds={
        "each_week": 1,
        "at_once": 2,
        "ratings": 3,  # in each week at least
        "look_back_days": 42,
    },
    overridable={"each_week": (0.5, 5), "at_once": (1, 9), "ratings": (3, 20)},
    in_order=(("each_week", "at_once"),),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_weekly_rise,
    sentence=_sentence,
    next_due=_next_due,
)
