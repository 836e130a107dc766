"""Weeks that are over and whose data is in, with what was due in them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from alerts.adherence import Adherence, Standing, measure, standing
from alerts.completeness import as_recorded, complete_by_ms, is_complete
from alerts.due import Due, due_in_week
from alerts.thresholds import thresholds_on
from model.alert import Rule, RuleInput
from model.calendar import local_date, monday, week_bounds
from model.derived import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedWeek:
    """A week, what was due in it, its measures, and its standing by a rule's thresholds."""

    week: Week
    due: Due
    measures: Adherence
    standing: Standing
    thresholds: Mapping[str, float]


def judged_weeks(on: RuleInput, rule: Rule) -> Iterator[tuple[date, JudgedWeek]]:
    """Yield the weeks that are judged, by their Monday, in the order of time.

    A week without a prescription on all of its days is left out. The rule has the thresholds
    `ratio`, `known_days` and `lag_hours`.
    """
    prescriptions = as_recorded(on)
    for week in sorted(on.weeks, key=_monday):
        due = due_in_week(prescriptions, week.monday)
        end_ms = week_bounds(week.monday, on.zone)[1]
        if due is None or not is_complete(on, end_ms, rule.thresholds["lag_hours"]):
            continue
        thresholds = thresholds_on(rule, prescriptions, week.monday)
        yield (
            week.monday,
            JudgedWeek(
                week=week,
                due=due,
                measures=measure(week, due),
                standing=standing(week, due, thresholds),
                thresholds=thresholds,
            ),
        )


def weeks_judged_ms(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return when the running week and the last are judged at the latest, in epoch ms."""
    this_week = monday(local_date(on.now_ms, on.zone))
    ends = week_bounds(this_week, on.zone)
    return tuple(complete_by_ms(end_ms, rule.thresholds["lag_hours"]) for end_ms in ends)


def _monday(week: Week) -> date:
    return week.monday
