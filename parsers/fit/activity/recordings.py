"""Which files of a FIT chain are recordings, and which of their sessions are not told twice. Pure.

A course or a plan looks like a recording, with times and heart rates, but nobody did it.
"""

from dataclasses import replace

from model.errors import BodyError
from model.facts import Reject, RejectKind
from parsers.fit.activity.declared import Activity
from parsers.fit.activity.made import FitSession

# Types of files in which nobody's exercise is recorded, with the words of the refusal.
_NO_RECORDING = {
    "device": "a description of a device",
    "settings": "settings of a device",
    "sport": "settings of a sport",
    "workout": "a planned workout",
    "course": "a course",
    "schedules": "a schedule",
    "totals": "totals of a device",
    "goals": "goals",
    "segment": "a segment",
    "segment_list": "a list of segments",
    "exd_configuration": "settings of a display",
}


def recordings_of(activities: list[Activity], rejects: list[Reject]) -> list[Activity]:
    """Return the files of a chain that are recordings; BodyError when none is."""
    recordings, refusals = [], []
    for part, activity in enumerate(activities):
        what = _NO_RECORDING.get(activity.file_type)
        if what is None:
            recordings.append(activity)
            continue
        why = f"{what}, which nobody did: not a recording"
        refusals.append(why)
        rejects.append(Reject(where=f"file_id[{part}].type", why=why, kind=RejectKind.UNKNOWN))
    if not recordings:
        raise BodyError("file_id.type", refusals[0], RejectKind.UNKNOWN)
    return _without_repeated(recordings)


def _without_repeated(recordings: list[Activity]) -> list[Activity]:
    """Return recordings of which none makes a session that another one declares.

    A part of a chain may hold records alone, with their session in another part.
    """
    declared: list[FitSession] = []
    for activity in recordings:
        declared += filter(_is_declared, activity.sessions)
    kept = []
    for activity in recordings:
        sessions = [session for session in activity.sessions if not _repeats(session, declared)]
        kept.append(replace(activity, sessions=tuple(sessions)))
    return kept


def _is_declared(session: FitSession) -> bool:
    return session.usable and not session.made_from


def _repeats(session: FitSession, declared: list[FitSession]) -> bool:
    """Return whether a session was made from a time that is mostly in a declared session."""
    if not session.made_from:
        return False
    end_ms = session.start_ms + session.length_ms
    for other in declared:
        until_ms = min(end_ms, other.start_ms + other.length_ms)
        if 2 * (until_ms - max(session.start_ms, other.start_ms)) > session.length_ms:
            return True
    return False
