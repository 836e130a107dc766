"""Rule A1, sustained low adherence (clinical definition section 5.3).

Missing data is not low adherence: a week is judged only when enough of its days are known, and only
after late data has had time to arrive.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from alerts.adherence import Standing, unseen_days
from alerts.due import Due
from alerts.judged_weeks import due_of, standing_of
from alerts.low_weeks import low_week_evidence, low_week_words
from alerts.occasions import Occasion, finding_of
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded, complete_by_ms, is_complete
from alerts.wording import limit_percent
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import DAY_MS, HOUR_MS, local_date, midnight, monday, week_bounds
from model.derived.days import Week
from model.prescription import all_paused
from model.words.language import _

_WEEK = timedelta(days=7)


def _low_adherence(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each two consecutive weeks with too few sessions or minutes."""
    earliest_ms = on.now_ms - rule.thresholds["look_back_days"] * DAY_MS
    weeks = {week.monday: week for week in on.weeks}
    for second in sorted(weeks):
        first = second - _WEEK
        if first not in weeks or week_bounds(first, on.zone)[0] < earliest_ms:
            continue
        thresholds = thresholds_on(rule, as_recorded(on), second)
        # Both weeks are judged by the thresholds of the second, so that a pair has one meaning.
        before = _low_week(on, rule, weeks[first], thresholds)
        after = _low_week(on, rule, weeks[second], thresholds)
        if before is None or after is None:
            continue
        # Of the first week the patient was asked a week ago.
        if not _awaits_answer(on, rule, second, after):
            yield _finding(on, rule, second, [before, after], thresholds)


def _low_week(
    on: RuleInput, rule: Rule, week: Week, thresholds: dict[str, float]
) -> dict[str, Any] | None:
    """Return the evidence of a week that was too low, None when it was not or is not judged.

    A version that is dated back may excuse a week and never accuse it: the week must be low by what
    was recorded at the time, and by what is prescribed for it now.
    """
    if not _is_judged(on, rule, week.monday):
        return None
    due = _low_due(on, week.monday, thresholds, as_written=True)
    if due is not None:
        due = _low_due(on, week.monday, thresholds, as_written=False)
    return None if due is None else low_week_evidence(week, due, on.days, thresholds)


def _low_due(
    on: RuleInput, first: date, thresholds: Mapping[str, float], *, as_written: bool
) -> Due | None:
    """Return what was due in a week in which too little was done, None in any other week."""
    due = due_of(on, first, as_written=as_written)
    if due is None or due.paused_days > thresholds["paused_days"]:
        return None
    if standing_of(on, first, thresholds, as_written=as_written) is not Standing.LOW:
        return None
    return due


def _is_judged(on: RuleInput, rule: Rule, first: date) -> bool:
    """Return whether the week of a Monday is over and its data is in.

    Its data is in 36 hours after its end, or as soon as every source that is worn all day has
    synced past its end.
    """
    return is_complete(on, week_bounds(first, on.zone)[1], rule.thresholds["lag_hours"])


def _judged_by_ms(rule: Rule, first: date, zone: str) -> int:
    """Return the epoch ms by which the week of a Monday is judged at the latest."""
    return complete_by_ms(week_bounds(first, zone)[1], rule.thresholds["lag_hours"])


def _awaits_answer(on: RuleInput, rule: Rule, first: date, low: Mapping[str, Any]) -> bool:
    """Return whether the patient's own answer about a low week is still waited for."""
    return bool(low["unseen_days"]) and on.now_ms < _answer_until_ms(rule, first, on.zone)


def _answer_until_ms(rule: Rule, first: date, zone: str) -> int:
    """Return the epoch ms up to which the patient's own answer about a week is waited for."""
    # The patient is asked as soon as the week is judged, which is at this time at the latest.
    judged_ms = _judged_by_ms(rule, first, zone)
    return judged_ms + int(rule.thresholds["answer_hours"] * HOUR_MS)


def waits_for_answer(first: date, zone: str, now_ms: int) -> bool:
    """Return whether the rule may still wait for an answer about the week of a Monday."""
    return now_ms < _answer_until_ms(LOW_ADHERENCE, first, zone)


def _last_judged(on: RuleInput, rule: Rule) -> date:
    """Return the Monday of the last week that is judged by now."""
    # The latest week that is over may still wait for data; then the week before it is the last.
    last_week = monday(local_date(on.now_ms, on.zone)) - _WEEK
    if not _is_judged(on, rule, last_week):
        return last_week - _WEEK
    # Nor is one that waits for the patient's answer: meanwhile the weeks before it stay the latest.
    week = _week_of(on, last_week)
    thresholds = thresholds_on(rule, as_recorded(on), last_week)
    low = None if week is None else _low_week(on, rule, week, thresholds)
    waits = low is not None and _awaits_answer(on, rule, last_week, low)
    return last_week - _WEEK if waits else last_week


def _week_of(on: RuleInput, first: date) -> Week | None:
    for week in on.weeks:
        if week.monday == first:
            return week
    return None


def _finding(
    on: RuleInput, rule: Rule, second: date, weeks: list[Any], thresholds: dict[str, float]
) -> Finding:
    """Return the finding of two weeks; the Monday of the second is its key."""
    from_ms = week_bounds(second - _WEEK, on.zone)[0]
    # Once the next week is judged, this finding raises no alert any more.
    fresh_until_ms = _judged_by_ms(rule, second + _WEEK, on.zone)
    paused_today = all_paused(on.prescriptions, local_date(on.now_ms, on.zone))
    return finding_of(
        on,
        rule,
        Occasion(
            key=second.isoformat(),
            at_ms=week_bounds(second, on.zone)[1],
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
            is_fresh=second == _last_judged(on, rule) and not paused_today,
        ),
        {
            "weeks": weeks,
            "thresholds": thresholds,
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "Two weeks below %(share)s %% of the prescribed sessions or minutes (rule A1). %(weeks)s.",
        share=limit_percent(evidence["thresholds"]["ratio"]),
        weeks="; ".join(map(low_week_words, evidence["weeks"])),
    )


def _next_due(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return when the last and this week are judged, and the next midnight while all is paused.

    A week is judged as long as a prescription runs or ran in it. With an unseen hour in the last
    week it is judged once more, when the patient has not answered.
    """
    today = local_date(on.now_ms, on.zone)
    last_day = max((row.valid_to for row in on.prescriptions), default=date.min)
    mondays = (monday(today) - _WEEK, monday(today))
    times = [_judged_by_ms(rule, first, on.zone) for first in mondays if last_day >= first]
    last = _week_of(on, mondays[0])
    due = None if last is None else due_of(on, mondays[0], as_written=True)
    if last is not None and due is not None and unseen_days(last, due):
        times.append(_answer_until_ms(rule, mondays[0], on.zone))
    # A pause mutes the rule by date, so its end changes the result without new data.
    if all_paused(on.prescriptions, today):
        times.append(midnight(today + timedelta(days=1), on.zone))
    return tuple(times)


LOW_ADHERENCE = Rule(
    id="A1",
    family="adherence",
    version=4,
    tier=Tier.B,
    title="Sustained low adherence",
    thresholds={
        "ratio": 0.8,
        "known_days": 4,
        "paused_days": 3,  # at most; a week with more is not judged
        "look_back_days": 56,
        "lag_hours": 36,  # for data that comes late
        "answer_hours": 24,  # for the patient to answer about hours in which nothing was worn
    },
    overridable={"ratio": (0.1, 1), "known_days": (4, 7), "paused_days": (0, 6)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=True,
    predicate=_low_adherence,
    sentence=_sentence,
    next_due=_next_due,
    about_missed=True,
)
