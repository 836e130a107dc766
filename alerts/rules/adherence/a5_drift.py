"""Rule A5, adherence that drifts below the patient's own beginning (clinical section 5.3).

Two charts watch the weeks after the baseline: an exponentially weighted mean, which answers to a
steady loss, and a cumulative sum, which answers to a small one that lasts. A day about which
nothing is known counts as if it had held what it could have held, so no drift rests on missing
data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from alerts.adherence import Adherence, best_case
from alerts.due import Due
from alerts.judged_weeks import measured_weeks, weeks_judged_ms
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.wording import short_percent
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import first_full_week, week_bounds
from model.derived.days import Week
from model.prescription import first_dates
from model.words.language import _

_WEEK = timedelta(days=7)
_FIRST, _LAST = 2, 5  # the weeks of a prescription that are its baseline; the first is for learning


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A judged week: its number within the prescription, and what was done of what was due."""

    monday: date
    number: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charts:
    """The two charts after a week, with the limits of both, as shares of what was due."""

    mean: float
    least_mean: float
    lost: float
    most_lost: float

    @property
    def is_met(self) -> bool:
        return self.mean < self.least_mean or self.lost > self.most_lost


def _drift(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each week in which a chart passes its limit."""
    points = _points(on, rule)
    baseline = [point.share for point in points if _FIRST <= point.number <= _LAST]
    if len(baseline) < rule.thresholds["baseline_weeks"]:
        return
    was_met = False
    for number, charts in _charted(points, baseline, rule.thresholds):
        point = points[number]
        # a longer drift is the same drift: only the week in which it shows is a finding
        if charts.is_met and not was_met and number + 1 >= rule.thresholds["judged_weeks"]:
            yield _finding(on, rule, points[: number + 1], baseline, charts, point)
        was_met = charts.is_met


def _points(on: RuleInput, rule: Rule) -> list[_Point]:
    """Return the weeks of the present prescriptions that are known well enough, in order."""
    weeks = measured_weeks(on, rule.thresholds["lag_hours"])
    if not weeks:
        return []
    begun = first_dates(as_recorded(on))
    # from when on the same prescriptions hold as in the last week
    start = first_full_week(max(begun[part.last.id] for part in weeks[-1][1].parts))
    points: list[_Point] = []
    for week, due, measures in weeks:
        share = _share(on, rule, week, due, measures)
        if week.monday >= start and share is not None:
            number = (week.monday - start).days // 7 + 1
            points.append(_Point(monday=week.monday, number=number, share=share))
    return points


def _share(on: RuleInput, rule: Rule, week: Week, due: Due, measures: Adherence) -> float | None:
    """Return what was done at best of what was due, at most 1; None where it is not known."""
    thresholds = thresholds_on(rule, as_recorded(on), week.monday)
    # without a prescribed dose the sessions tell whether somebody drifts
    ratio = measures.frequency if due.dose_min is None else measures.dose
    if ratio is None or week.known_days < thresholds["known_days"]:
        return None
    return min(1.0, ratio + best_case(week, due))


def _charted(
    points: list[_Point], baseline: list[float], thresholds: Mapping[str, float]
) -> Iterator[tuple[int, _Charts]]:
    """Yield the position of each week after the baseline, with the charts after it."""
    level = fmean(baseline)
    spread = max(stdev(baseline), thresholds["least_spread"])
    weight = thresholds["weight"]
    least_mean = level - thresholds["width"] * spread * sqrt(weight / (2 - weight))
    mean, lost = level, 0.0
    for number, point in enumerate(points):
        if point.number <= _LAST:
            continue
        mean += weight * (point.share - mean)
        lost = max(0.0, lost + level - thresholds["slack"] * spread - point.share)
        most_lost = thresholds["most_lost"] * spread
        yield number, _Charts(mean=mean, least_mean=least_mean, lost=lost, most_lost=most_lost)


def _finding(
    on: RuleInput,
    rule: Rule,
    points: list[_Point],
    baseline: list[float],
    charts: _Charts,
    last: _Point,
) -> Finding:
    """Return the finding of a week; its Monday is its key."""
    from_ms = week_bounds(points[0].monday, on.zone)[0]
    at_ms = week_bounds(last.monday, on.zone)[1]
    fresh_until_ms = fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=last.monday.isoformat(),
            at_ms=at_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
        ),
        {
            "baseline": fmean(baseline),
            "baseline_weeks": len(baseline),
            "weeks": [{"monday": row.monday.isoformat(), "share": row.share} for row in points],
            "mean": charts.mean,
            "least_mean": charts.least_mean,
            "lost": charts.lost,
            "most_lost": charts.most_lost,
            "thresholds": thresholds_on(rule, as_recorded(on), last.monday),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    last = evidence["weeks"][-1]
    return _(
        "Less and less of what is prescribed: %(share)s %% in the week of %(monday)s, about "
        "%(mean)s %% of late, after %(level)s %% at the beginning (rule A5).",
        share=short_percent(last["share"]),
        monday=last["monday"],
        mean=short_percent(evidence["mean"]),
        level=short_percent(evidence["baseline"]),
    )


DRIFT = Rule(
    id="A5",
    family="adherence",
    version=1,
    tier=Tier.C,
    title="Less and less of what is prescribed",
    thresholds={
        "weight": 0.3,  # of a new week in the mean
        "width": 2.7,  # of the limit of the mean, in spreads
        "slack": 0.5,  # that a week may lose, in spreads
        "most_lost": 4,  # of the cumulative sum, in spreads
        "least_spread": 0.1,
        "baseline_weeks": 3,  # at least, of the four that are the baseline
        "judged_weeks": 5,  # at least, with the baseline
        "known_days": 4,
        "look_back_days": 175,
        "fresh_days": 14,
        "lag_hours": 36,  # for data that comes late
    },
    overridable={"width": (1, 6), "most_lost": (1, 20), "known_days": (4, 7)},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=False,
    predicate=_drift,
    sentence=_sentence,
    next_due=weeks_judged_ms,
    about_missed=True,
)
