"""Reads one FIT file to facts: the recordings in it, one after the other. Pure.

FIT has neither record nor revision. The record is which device recorded, and when that began; the
file's name for itself is left out, because some devices write the same in every file. Of two
versions of a file, the one that was stated last counts, but a damaged one never replaces a complete
one. Positions are never read. A damaged file gives what lies before the damage, and a reject. A
file that is no recording, such as a course, is refused.
"""

from collections.abc import Iterator

import numpy as np

from model.errors import BodyError
from model.facts import Fact, Parsed, Reject, RejectKind
from model.received import Context, Part
from parsers.bounds import MOST_FILE_SESSIONS, MOST_SESSION_MS
from parsers.fields import free_record, grouped
from parsers.fit import MESSAGES, Activity, Code, FitError, FitProblem, decode, read_activities
from parsers.fit.activity.recordings import recordings_of
from parsers.fit_facts.blocks import counted_days, record_blocks
from parsers.fit_facts.recording import FitRecording, fit_record_name
from parsers.fit_facts.workouts import session_workouts

_TOO_MUCH = (
    Code.TOO_LARGE,
    Code.TOO_MANY_SEGMENTS,
    Code.TOO_MANY_MESSAGES,
    Code.TOO_MANY_DEFINITIONS,
)
_KINDS: dict[Code, RejectKind] = dict.fromkeys(
    (*_TOO_MUCH, Code.EMPTY_MESSAGES), RejectKind.TOO_MUCH
) | dict.fromkeys(
    (
        *(Code.DEVICE_TIME, Code.LOCAL_TIME, Code.NO_TIME),
        *(Code.NO_SESSION, Code.CONTRADICTION, Code.CLOCK, Code.OUTSIDE),
    ),
    RejectKind.RANGE,
)


def parse_fit(body: bytes, received_ms: int = 0) -> Parsed:
    """Return the facts of one FIT file; BodyError when there is nothing to keep.

    The account is empty: the envelope knows it. `received_ms` is epoch ms, 0 where it is not known.
    """
    # A file may hold numbers of any size. What overflows is outside of the bounds and refused
    # there.
    with np.errstate(all="ignore"):
        return _parse(body, received_ms)


def read_fit(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a FIT file, as `parse_fit` reads it."""
    parsed = parse_fit(payload, context.received_ms)
    yield Part(account="", facts=parsed.facts, rejects=parsed.rejects, complete=parsed.complete)


def _parse(body: bytes, received_ms: int) -> Parsed:
    activities, complete, problems = _decoded(body, received_ms)
    rejects = [_reject(problem) for problem in problems]
    recordings = recordings_of(activities, rejects)
    for activity in recordings:
        rejects += [_reject(problem) for problem in activity.problems]
    facts: list[Fact] = []
    taken: set[str] = set()
    for activity in recordings:
        record = free_record(fit_record_name(activity), taken)
        recording = FitRecording(activity=activity, revision=int(complete), record=record)
        facts += [
            *session_workouts(recording, rejects),
            *record_blocks(recording, rejects),
            *counted_days(recording),
        ]
    if not facts and not rejects:
        why = "neither a session nor a record nor a reading of all day"
        rejects.append(Reject(where="file_id", why=why, kind=RejectKind.UNKNOWN))
    return Parsed(account="", facts=tuple(facts), rejects=grouped(rejects), complete=complete)


def _decoded(body: bytes, received_ms: int) -> tuple[list[Activity], bool, tuple[FitProblem, ...]]:
    """Return the files of the chain, whether all is present, and the problems.

    The decoded file itself is released, because it holds the bytes of all messages.
    """
    try:
        fit = decode(body, messages=MESSAGES, arrays=False)
    except FitError as error:
        raise BodyError(f"@{error.offset}", error.reason, _kind(error.code)) from error
    if len(fit["session"]) > MOST_FILE_SESSIONS:
        raise BodyError("session", f"more than {MOST_FILE_SESSIONS} sessions", RejectKind.TOO_MUCH)
    activities = list(read_activities(fit, received_ms))
    length_ms = sum(map(_length, activities))
    if length_ms > MOST_SESSION_MS:
        raise BodyError("session", "sessions of more than 15 days together", RejectKind.TOO_MUCH)
    return activities, fit.complete, fit.problems


def _length(activity: Activity) -> int:
    return sum(session.length_ms for session in activity.sessions if session.usable)


def _reject(problem: FitProblem) -> Reject:
    return Reject(
        where=f"@{problem.offset}",
        why=f"{problem.code}: {problem.reason}",
        kind=_kind(problem.code),
        count=problem.count,
    )


def _kind(code: Code) -> RejectKind:
    return _KINDS.get(code, RejectKind.DAMAGED)
