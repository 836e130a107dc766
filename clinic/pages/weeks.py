"""Weeks beside what was due in them, measured in the same way as the rules do. Pure.

What is not known is never called a miss, and says why it is not known and what to do.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from alerts.adherence import (
    Standing,
    capped,
    credited,
    least_known_days,
    measure,
    standing,
    unseen_days,
)
from alerts.due import Due, due_in_week
from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from alerts.thresholds import thresholds_on
from clinic.pages import words
from model.calendar import MINUTE_MS
from model.derived.days import Week
from model.intensity import ZoneTimes
from model.prescribing.credit import has_strength
from model.prescription import Prescription
from model.words.language import N_, _, ngettext, translated
from stream.compute.weeks import week_of_days

# The rule's own threshold: a page must not call a week low where the rule would not.
ADHERENT = LOW_ADHERENCE.thresholds["ratio"]
_DAYS = 7


class WeekLook(StrEnum):
    """How a week is shown. Only a judged week may look like a shortfall."""

    JUDGED = "judged"
    THIN = "thin"
    SILENT = "silent"
    PAUSED = "paused"
    RUNNING = "running"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """An ISO week beside what was due in it.

    `share` is the smaller of two ratios, sessions and minutes done over due, and at most 1. It is
    None when nothing was due, or when too little is known to call it low; `label` states which, and
    `why` explains it and says what to do. The `due_` figures have paused days taken off. They are
    None without a prescription that held on all seven days. `credited` is how many sessions count
    for the prescriptions, None without one.
    """

    monday: date
    look: WeekLook
    sessions: int
    session_ms: int
    zones_ms: ZoneTimes
    dose_min: float
    credited: int | None
    due_sessions: int | None
    due_min: float | None
    due_dose_min: float | None
    share: float | None
    label: str
    why: str
    valid_days: int
    answered_days: int
    known_days: int
    algorithm: str
    strength_days: int = 0
    due_strength_days: int | None = None
    exertion_dose_min: float = 0.0
    """The part of the dose that rests on reported exertion."""
    recalled_sessions: int | None = None
    """Sessions of the week as the patient told; None without such an answer."""


def view(
    week: Week,
    prescriptions: Sequence[Prescription],
    *,
    running: bool = False,
    waits: bool = False,
) -> WeekView:
    """Return `week` beside what `prescriptions` made due in it; `running` when it is not over.

    With `waits` the patient's own answer about the week may still come.
    """
    what = due_in_week(prescriptions, week.monday)
    judged = _standing(week, what, prescriptions)
    known = least_known_days(week, what)
    look = _look(week, what, judged, running=running, known=known)
    part = None if judged is Standing.THIN else share(week, what)
    return WeekView(
        monday=week.monday,
        look=look,
        sessions=week.sessions,
        session_ms=week.session_ms,
        zones_ms=week.zones,
        dose_min=week.dose_min,
        credited=credited(week, what).sessions if what else None,
        due_sessions=what.sessions if what else None,
        due_min=what.minutes if what else None,
        due_dose_min=what.dose_min if what else None,
        share=part,
        label=_label(look, judged, part),
        why=_why(look, judged, known) or _unseen(week, what, judged, waits=waits),
        valid_days=week.valid_days,
        answered_days=week.answered_days,
        known_days=known,
        algorithm=week.algorithm,
        strength_days=sum(has_strength(day.by_type) for day in week.days),
        due_strength_days=what.strength_days if what else None,
        exertion_dose_min=week.exertion_dose_ms / MINUTE_MS,
        recalled_sessions=week.recalled_sessions,
    )


# Looks without a figure.
LOOK_LABELS: Mapping[WeekLook, str] = {
    WeekLook.THIN: N_("too thin to judge"),
    WeekLook.SILENT: N_("nothing known"),
    WeekLook.PAUSED: N_("paused"),
    WeekLook.RUNNING: N_("running"),
    WeekLook.NOT_DUE: N_("none due"),
}


def _label(look: WeekLook, judged: Standing, part: float | None) -> str:
    # A running week has a figure once enough was done; before that too little says nothing.
    has_figure = look is WeekLook.JUDGED or (look is WeekLook.RUNNING and judged is Standing.ENOUGH)
    return words.percent(part) if has_figure and part is not None else translated(LOOK_LABELS[look])


def _standing(week: Week, what: Due | None, prescriptions: Sequence[Prescription]) -> Standing:
    if what is None:
        return Standing.NONE_DUE
    return standing(week, what, thresholds_on(LOW_ADHERENCE, prescriptions, week.monday))


def _look(week: Week, what: Due | None, judged: Standing, *, running: bool, known: int) -> WeekLook:
    if running:
        return WeekLook.RUNNING
    if what is not None and what.paused_days == _DAYS:
        return WeekLook.PAUSED
    # Nothing arrived at all: no bar may stand here, for a bar of no height reads as a miss.
    if not (known or week.sessions or week.session_ms):
        return WeekLook.SILENT
    if judged is Standing.NONE_DUE:
        return WeekLook.NOT_DUE
    return WeekLook.THIN if judged is Standing.THIN else WeekLook.JUDGED


def _why(look: WeekLook, judged: Standing, known: int) -> str:
    """Return why a figure of a week is not known and what to do, "" where nothing is to be said."""
    if look is WeekLook.RUNNING and judged is Standing.NONE_DUE:
        return _("The week is not over yet; no prescription holds on all of its days.")
    if look is WeekLook.THIN:
        return _(
            "Only %(known)s of 7 days are known, and the other %(unknown)s could have held what is "
            "missing: ask the patient about them.",
            known=known,
            unknown=_DAYS - known,
        )
    return translated(_WHY.get(look, ""))


# Looks of which the reason is the same in every week.
_WHY: Mapping[WeekLook, str] = {
    WeekLook.RUNNING: N_("The week is not over yet."),
    WeekLook.PAUSED: N_("The prescription was paused all week: nothing was due."),
    WeekLook.SILENT: N_(
        "Nothing is known of this week: ask whether the device was worn, and whether it has synced."
    ),
    WeekLook.NOT_DUE: N_("No prescription held on all days, or no whole session was due."),
}


def _unseen(week: Week, what: Due | None, judged: Standing, *, waits: bool) -> str:
    """Return that a low week has hours in which a session could have been missed, else ""."""
    days = 0 if what is None or judged is not Standing.LOW else unseen_days(week, what)
    if not days:
        return ""
    if waits:
        return ngettext(
            "On %(num)s day nothing was worn for as long as a session: the patient is asked first, "
            "and rule A1 waits 24 hours for the answer.",
            "On %(num)s days nothing was worn for as long as a session: the patient is asked "
            "first, and rule A1 waits 24 hours for the answer.",
            days,
        )
    return ngettext(
        "On %(num)s day nothing was worn for as long as a session, and the patient has not "
        "answered about it: ask whether there was a session.",
        "On %(num)s days nothing was worn for as long as a session, and the patient has not "
        "answered about them: ask whether there was a session.",
        days,
    )


def share(week: Week, what: Due | None) -> float | None:
    """Return the share of sessions or minutes due that was done: the smaller share, at most 1."""
    if what is None:
        return None
    done = measure(week, what)
    known = [ratio for ratio in (done.frequency, done.time) if ratio is not None]
    # The worse of the two counts: few long sessions do not make up for those that were left out.
    return capped(min(known, default=None))


def week_views(
    weeks: Sequence[Week],
    prescriptions: Sequence[Prescription],
    mondays: Sequence[date],
    waiting: Collection[date] = (),
) -> tuple[WeekView, ...]:
    """Return the week of each Monday, oldest first; the last of them is the running week.

    A week without a row is shown as a week about which nothing is known. `waiting` has the Mondays
    of the weeks about which the patient's own answer may still come.
    """
    by_monday = {week.monday: week for week in weeks}
    views: list[WeekView] = []
    for first in mondays:
        week = by_monday.get(first) or week_of_days(first, ())
        is_last = first == mondays[-1]
        views.append(view(week, prescriptions, running=is_last, waits=first in waiting))
    return tuple(views)


# The four weeks before the current one, oldest first; None for a week without a row.
LastFour: TypeAlias = tuple[WeekView | None, ...]


def last_four(
    weeks: Sequence[Week], prescriptions: Sequence[Prescription], this_monday: date
) -> LastFour:
    """Return the four weeks before the current week, oldest first; None where a row is missing."""
    # A week without a row leaves a gap; the others must not move up.
    by_monday = {week.monday: week for week in weeks}
    views = []
    for back in (4, 3, 2, 1):
        week = by_monday.get(this_monday - timedelta(weeks=back))
        views.append(view(week, prescriptions) if week else None)
    return tuple(views)
