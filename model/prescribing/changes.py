"""The next version of a prescription: renewed, paused, or ended earlier. Pure.

A version is never changed. Each function returns the version that follows the newest one; the
caller checks it before it is written.
"""

from dataclasses import replace
from datetime import date, timedelta

from model.prescription import STEPPED, Pause, Prescription, stepped
from model.words.language import _

PAUSE_REASONS = ("illness", "holiday", "clinician")


def renewal_problems(newest: Prescription, valid_from: date) -> tuple[str, ...]:
    """Return why a prescription cannot be renewed from a date on; empty when it can."""
    if valid_from > newest.valid_from:
        return ()
    return (_("`valid_from` must be after the first date of what it renews"),)


def pause_problems(newest: Prescription, pause: Pause) -> tuple[str, ...]:
    """Return why a prescription cannot be paused so, a sentence for each reason."""
    rows = (
        (pause.first > pause.last, _("`first` must not be after `last`")),
        (
            pause.first < newest.valid_from,
            _("`first` must not be before the prescription begins"),
        ),
        (pause.last > newest.valid_to, _("`last` must not be after the prescription ends")),
    )
    return tuple(text for is_wrong, text in rows if is_wrong)


def renewed(newest: Prescription, valid_from: date, valid_to: date) -> Prescription:
    """Return the renewal of a prescription: what it had reached in the end, on new dates.

    Pauses and the progression stay with what is renewed, and so does a follow-up that is past.
    """
    last = stepped(newest, newest.valid_to)
    reached = {name: getattr(last, name) for name in STEPPED}
    plan = newest.follow_up
    is_past = plan is not None and plan.on is not None and plan.on < valid_from
    return replace(
        newest,
        **reached,
        version=newest.version + 1,
        valid_from=valid_from,
        valid_to=valid_to,
        progression=(),
        progression_from=None,
        pauses=(),
        follow_up=None if is_past else plan,
        renews=f"{newest.id}/{newest.version}",
        sha256="",
    )


def with_pause(newest: Prescription, pause: Pause, today: date) -> Prescription:
    """Return a prescription with one pause more, which may have begun before today."""
    # From the pause on: on its days this version holds, whenever it is written.
    following = next_version(newest, min(pause.first, today))
    return replace(following, pauses=(*following.pauses, pause))


def ended_on(newest: Prescription, last: date, today: date) -> Prescription:
    """Return a prescription that holds up to a date; pauses behind the date are left out."""
    following = next_version(newest, min(last, today))
    begun_pauses = [pause for pause in following.pauses if pause.first <= last]
    pauses = [replace(pause, last=min(pause.last, last)) for pause in begun_pauses]
    begun = following.progression_from or following.valid_from
    # Steps that would begin later say nothing any more.
    steps = [s for s in newest.progression if begun + timedelta(weeks=s.from_week - 1) <= last]
    return replace(following, valid_to=last, pauses=tuple(pauses), progression=tuple(steps))


def next_version(newest: Prescription, valid_from: date) -> Prescription:
    """Return the version after the newest, the same from a date on.

    Its weeks of progression go on counting, and pauses that are over by then are left out.
    """
    begins = max(newest.valid_from, valid_from)
    counted_from = newest.progression_from or (newest.valid_from if newest.progression else None)
    return replace(
        newest,
        version=newest.version + 1,
        valid_from=begins,
        progression_from=counted_from,
        pauses=tuple(pause for pause in newest.pauses if pause.last >= begins),
        sha256="",
    )
