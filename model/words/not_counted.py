"""Why a session does not count among those of its day: the texts that are stored.

`words.reason` of `clinic/pages/` puts them into the reader's language.
"""

import re

from model.words.language import N_

WITHIN_OTHERS = N_("within other sessions")
NO_MOVEMENT = N_("heart rate without movement")
FEW_STEPS = N_("steps in less than half of its minutes")
_SHORTER = re.compile(r"shorter than (\S+) minutes")
_MARKED = "marked as not exercise by the "  # who said so follows, and why
# What a patient answers is never about these, but about a session beside them.
NOT_ANSWERED = (WITHIN_OTHERS, NO_MOVEMENT, FEW_STEPS)


def shorter_than(minutes: float) -> str:
    """Return why a session does not count that is shorter than so many minutes.

    >>> shorter_than(7.5)
    'shorter than 7.5 minutes'
    """
    return f"shorter than {minutes:g} minutes"


def least_minutes(why: str) -> str:
    """Return the minutes of `shorter_than` as they are written, "" for another reason."""
    short = _SHORTER.fullmatch(why)
    return short[1] if short else ""


def marked_by(who: str, reason: str) -> str:
    """Return why a session does not count that somebody marked as not exercise.

    >>> marked_by("patient", "")
    'marked as not exercise by the patient: no reason given'
    """
    return f"{_MARKED}{who}: {reason or 'no reason given'}"


def is_marked(why: str) -> bool:
    """Return whether a session does not count because it was marked as not exercise."""
    return why.startswith(_MARKED)


def mark_parts(why: str) -> tuple[str, str]:
    """Return who marked a session as not exercise, and the reason, from why it does not count."""
    who, _colon, reason = why.removeprefix(_MARKED).partition(": ")
    return who, reason


def is_no_exercise(why: str) -> bool:
    """Return whether a session is held to be no exercise, so that no date counts its time.

    A session that does not count for another reason, such as its length, still adds its time.
    """
    return why in (NO_MOVEMENT, FEW_STEPS) or is_marked(why)
