"""Weeks that are over and whose data is in, with what was due in them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from alerts.adherence import Adherence, Standing, measure, standing
from alerts.due import Due, due_in_week
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded, complete_by_ms, is_complete
from alerts.worked_out import once
from model.alert import Rule, RuleInput
from model.calendar import local_date, monday, week_bounds
from model.derived.days import Week


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
    # judged by what was known then: a correction of today must not make old weeks low
    prescriptions = as_recorded(on)
    for week, due, measures in _complete_weeks(on, rule.thresholds["lag_hours"]):
        thresholds = thresholds_on(rule, prescriptions, week.monday)
        yield (
            week.monday,
            JudgedWeek(
                week=week,
                due=due,
                measures=measures,
                standing=standing_of(on, week.monday, thresholds, as_written=False),
                thresholds=thresholds,
            ),
        )


@once
def measured_weeks(on: RuleInput, lag_hours: float) -> list[tuple[Week, Due, Adherence]]:
    """Return the weeks that are over and whose data is in, with what was due and what was done.

    Weeks before the look-back are among them. What was due is by the prescriptions that were
    recorded at the time. Weeks without a prescription on all of their days are left out.
    """
    weeks: list[tuple[Week, Due, Adherence]] = []
    for week in sorted(on.earlier_weeks, key=_monday):
        due = due_of(on, week.monday, as_written=False)
        if due is not None:
            weeks.append((week, due, measure(week, due)))
    return weeks + _complete_weeks(on, lag_hours)


@once
def _complete_weeks(on: RuleInput, lag_hours: float) -> list[tuple[Week, Due, Adherence]]:
    """Return the weeks that are over and whose data is in, with what was due and was done."""
    weeks: list[tuple[Week, Due, Adherence]] = []
    for week in sorted(on.weeks, key=_monday):
        due = due_of(on, week.monday, as_written=False)
        end_ms = week_bounds(week.monday, on.zone)[1]
        if due is not None and is_complete(on, end_ms, lag_hours):
            weeks.append((week, due, measure(week, due)))
    return weeks


def due_of(on: RuleInput, first: date, *, as_written: bool) -> Due | None:
    """Return what was due in the week of a Monday, by what was recorded then.

    With `as_written` a prescription that is dated back counts from its date.
    """
    return _due_of(on, first, as_written and _is_dated_back(on))


def standing_of(
    on: RuleInput, first: date, thresholds: Mapping[str, float], *, as_written: bool
) -> Standing:
    """Return the standing of the week of a Monday by the thresholds `ratio` and `known_days`."""
    # only what decides is passed on, so that rules with equal limits share what was worked out
    limits = (thresholds["ratio"], thresholds["known_days"])
    return _standing_of(on, first, as_written and _is_dated_back(on), *limits)


@once
def _is_dated_back(on: RuleInput) -> bool:
    """Return whether a prescription is dated back, so that its two readings differ."""
    # where they do not differ, both ways of asking share one result of `once`
    return as_recorded(on) != tuple(on.prescriptions)


@once
def _due_of(
    on: RuleInput,
    first: date,
    as_written: bool,  # noqa: FBT001 - see `once`
) -> Due | None:
    return due_in_week(on.prescriptions if as_written else as_recorded(on), first)


@once
def _standing_of(
    on: RuleInput,
    first: date,
    as_written: bool,  # noqa: FBT001 - see `once`
    ratio: float,
    known_days: float,
) -> Standing:
    (week,) = [row for row in on.weeks if row.monday == first]
    due = _due_of(on, first, as_written)
    if due is None:
        return Standing.NONE_DUE
    return standing(week, due, {"ratio": ratio, "known_days": known_days})


def weeks_judged_ms(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return when the running week and the last are judged at the latest, in epoch ms."""
    this_week = monday(local_date(on.now_ms, on.zone))
    ends = week_bounds(this_week, on.zone)
    return tuple(complete_by_ms(end_ms, rule.thresholds["lag_hours"]) for end_ms in ends)


def _monday(week: Week) -> date:
    return week.monday
