"""Words the reasons for which derived rows change.

Reasons are published in events, so they never contain a value of a row.
"""

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter

from model.derived.days import Day, Week
from model.derived.sessions import Origin, Session
from stream.compute.sessions.overlap import SAME_SESSION_FROM

REASON_NEW = "derived for the first time"
REASON_GONE = "no fact supports it any more"

_COLUMNS = {kind: tuple(map(attrgetter("name"), fields(kind))) for kind in (Session, Day, Week)}


def revision_reason(old: Session | Day | Week | None, new: Session | Day | Week) -> str:
    """Return why a row is written: it is new, or some of its columns differ."""
    if old is None:
        return REASON_NEW
    names = _COLUMNS[type(new)]
    differing = [name for name in names if getattr(old, name) != getattr(new, name)]
    # Names of columns only: their values are health data, and events are read by others.
    return f"changed: {', '.join(differing)}"


def retraction_reason(old: Session, current: Iterable[Session]) -> str:
    """Return why a session is retracted.

    The reason names the current session that took its time, when such a session shares at least
    half of the shorter of both. Of several, the session that starts nearest is named.
    """
    others = [session for session in current if session.id != old.id and _overlaps(old, session)]
    if not others:
        return REASON_GONE
    # The id decides between two sessions equally near, so that deriving again gives the same text.
    other = min(others, key=lambda session: (abs(session.start_ms - old.start_ms), session.id))
    declared = old.origin is Origin.DETECTED and other.origin is not Origin.DETECTED
    return f"{'declared later, as' if declared else 'merged into'} session {other.id}"


def _overlaps(old: Session, other: Session) -> bool:
    """Return whether two sessions share at least half of the shorter session."""
    common = min(old.end_ms, other.end_ms) - max(old.start_ms, other.start_ms)
    shorter = min(old.end_ms - old.start_ms, other.end_ms - other.start_ms)
    return common > 0 and common >= SAME_SESSION_FROM * shorter
