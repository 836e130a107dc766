"""The next version of a prescription: renewed, paused, or ended earlier. Pure.

A version is never changed. Each function returns the version that follows the newest one; the
caller checks it before it is written.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from model.prescribing.versions_in_force import versions_in_force
from model.prescription import STEPPED, FollowUpPlan, Pause, Prescription, stepped
from model.words.language import _

PAUSE_REASONS = ("illness", "holiday", "clinician")


def renewal_problems(newest: Prescription, valid_from: date) -> tuple[str, ...]:
    """Return why a prescription cannot be renewed from a date on; empty when it can."""
    if valid_from > newest.valid_from:
        return ()
    return (_("`valid_from` must be after the first date of what it renews"),)


def pause_problems(versions: Sequence[Prescription], pause: Pause) -> tuple[str, ...]:
    """Return why a prescription cannot be paused so, a sentence for each reason.

    `versions` are all of its versions: a pause may lie where an older one held.
    """
    in_force = versions_in_force(versions)
    rows = (
        (pause.first > pause.last, _("`first` must not be after `last`")),
        (pause.first < in_force[0].first, _("`first` must not be before the prescription begins")),
        (pause.last > in_force[-1].last, _("`last` must not be after the prescription ends")),
    )
    problems = tuple(text for is_wrong, text in rows if is_wrong)
    if problems or any(part.first <= pause.last and pause.first <= part.last for part in in_force):
        return problems
    return (_("`first` must be a day on which the prescription holds"),)


def renewed(newest: Prescription, valid_from: date, valid_to: date) -> Prescription:
    """Return the renewal of a prescription: what it had reached in the end, on new dates.

    Pauses and the progression stay with what is renewed, and so does a follow-up that is past.
    """
    last = stepped(newest, newest.valid_to)
    reached = {name: getattr(last, name) for name in STEPPED}
    return replace(
        newest,
        **reached,
        version=newest.version + 1,
        valid_from=valid_from,
        valid_to=valid_to,
        progression=(),
        progression_from=None,
        pauses=(),
        follow_up=_plan_from(newest, valid_from),
        renews=f"{newest.id}/{newest.version}",
        sha256="",
    )


def paused_versions(
    versions: Sequence[Prescription], pause: Pause, today: date
) -> tuple[Prescription, ...]:
    """Return the versions that follow the newest one so that a pause holds, which may be past.

    The first of them holds from the pause on, or from today. Versions that held behind it are
    written again: on each date the figures stay what they were.
    """
    number = max(row.version for row in versions)
    made: list[Prescription] = []
    for in_force in versions_in_force(versions):
        if pause.first <= in_force.last:
            # From the pause on: on its days this version holds, whenever it is written.
            following = next_version(in_force.row, min(pause.first, today))
            more = (pause,) if in_force.first <= pause.last else ()
            number += 1
            made.append(replace(following, version=number, pauses=(*following.pauses, *more)))
    return tuple(made)


def end_problems(versions: Sequence[Prescription], last: date, today: date) -> tuple[str, ...]:
    """Return why a prescription cannot end on a date, a sentence for each reason.

    `versions` are all of its versions: it may end before the newest one begins.
    """
    in_force = versions_in_force(versions)
    rows = (
        (
            last < max(today, in_force[0].first),
            _("`last` must not be in the past, nor before the prescription begins"),
        ),
        (last > in_force[-1].last, _("`last` must not be after the prescription ends")),
    )
    return tuple(text for is_wrong, text in rows if is_wrong)


def ended_version(versions: Sequence[Prescription], last: date, today: date) -> Prescription:
    """Return the version that follows so that a prescription holds up to a date.

    It is the version that holds on the date, which ends; pauses behind the date are left out.
    """
    in_force = [part for part in versions_in_force(versions) if part.first <= last][-1]
    number = max(row.version for row in versions)
    return replace(_ended(in_force.row, min(last, in_force.last), today), version=number + 1)


def _ended(row: Prescription, last: date, today: date) -> Prescription:
    following = next_version(row, min(last, today))
    begun_pauses = [pause for pause in following.pauses if pause.first <= last]
    pauses = [replace(pause, last=min(pause.last, last)) for pause in begun_pauses]
    begun = following.progression_from or following.valid_from
    # Steps that would begin later say nothing any more.
    steps = [s for s in row.progression if begun + timedelta(weeks=s.from_week - 1) <= last]
    return replace(following, valid_to=last, pauses=tuple(pauses), progression=tuple(steps))


def next_version(newest: Prescription, valid_from: date) -> Prescription:
    """Return the version after the newest, the same from a date on.

    Its weeks of progression go on counting. Pauses that are over by then are left out, and so is a
    follow-up that was to be before.
    """
    begins = max(newest.valid_from, valid_from)
    counted_from = newest.progression_from or (newest.valid_from if newest.progression else None)
    return replace(
        newest,
        version=newest.version + 1,
        valid_from=begins,
        progression_from=counted_from,
        pauses=tuple(pause for pause in newest.pauses if pause.last >= begins),
        follow_up=_plan_from(newest, begins),
        sha256="",
    )


def _plan_from(newest: Prescription, begins: date) -> FollowUpPlan | None:
    plan = newest.follow_up
    is_past = plan is not None and plan.on is not None and plan.on < begins
    return None if is_past else plan
