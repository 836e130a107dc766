"""Weeks beside what was due in them, measured in the same way as the rules do. Pure.

What is not known is never called a miss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from alerts.adherence import Due, Standing, capped, due_in_week, measure, standing
from alerts.rules.a1_low_adherence import LOW_ADHERENCE
from clinic.pages import words
from model.calendar import MINUTE_MS
from model.derived import Week
from model.intensity import ZoneTimes
from model.prescription import Prescription

# The rule's own thresholds: a page must not call a week low where the rule would not.
ADHERENT = LOW_ADHERENCE.thresholds["ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """An ISO week beside what was due in it.

    `share` is the smaller of two ratios, sessions and minutes done over due, and at most 1. It is
    None when nothing was due, or when too little is known to call it low; `label` states which. The
    `due_` figures have paused days taken off. They are None without a prescription that held on all
    seven days.
    """

    monday: date
    sessions: int
    session_ms: int
    zones_ms: ZoneTimes
    dose_min: float
    due_sessions: float | None
    due_min: float | None
    due_dose_min: float | None
    share: float | None
    label: str
    valid_days: int
    answered_days: int
    known_days: int
    algorithm: str
    exertion_dose_min: float = 0.0
    """The part of the dose that rests on reported exertion."""


def view(week: Week, prescriptions: Sequence[Prescription]) -> WeekView:
    """Return `week` beside what `prescriptions` made due in it."""
    what = due_in_week(prescriptions, week.monday)
    part = share(week, what)
    return WeekView(
        monday=week.monday,
        sessions=week.sessions,
        session_ms=week.session_ms,
        zones_ms=week.zones,
        dose_min=week.dose_min,
        due_sessions=what.sessions if what else None,
        due_min=what.minutes if what else None,
        due_dose_min=what.dose_min if what else None,
        share=part,
        label=_label(week, what, part),
        valid_days=week.valid_days,
        answered_days=week.answered_days,
        known_days=week.known_days,
        algorithm=week.algorithm,
        exertion_dose_min=week.exertion_dose_ms / MINUTE_MS,
    )


def share(week: Week, what: Due | None) -> float | None:
    """Return the share of sessions or minutes due that was done: the smaller share, at most 1.

    A week of which too few days are known may confirm but not refute: a low share is then None.
    """
    if what is None:
        return None
    done = measure(week, what)
    known = [ratio for ratio in (done.frequency, done.time) if ratio is not None]
    # The worse of the two counts: few long sessions do not make up for those that were left out.
    part = capped(min(known, default=None))
    return None if standing(week, what, LOW_ADHERENCE.thresholds) is Standing.THIN else part


def _label(week: Week, what: Due | None, part: float | None) -> str:
    if part is not None:
        return words.percent(part)
    return Standing.NONE_DUE if what is None else standing(week, what, LOW_ADHERENCE.thresholds)


def last_four(
    weeks: Sequence[Week], prescriptions: Sequence[Prescription], this_monday: date
) -> tuple[WeekView | None, ...]:
    """Return the four weeks before the current week, oldest first; None where a row is missing."""
    # A week without a row leaves a gap; the others must not move up.
    by_monday = {week.monday: week for week in weeks}
    views = []
    for back in (4, 3, 2, 1):
        week = by_monday.get(this_monday - timedelta(weeks=back))
        views.append(view(week, prescriptions) if week else None)
    return tuple(views)
