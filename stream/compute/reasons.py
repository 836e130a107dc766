"""Why derived rows change, in words without a value: they go out in events. Decides nothing."""

from collections.abc import Iterable
from dataclasses import fields

from model.derived import Day, Origin, Session, Week

REASON_NEW = "told for the first time"
REASON_GONE = "no fact tells of it any more"
SHARED = 0.5


def revision_reason(old: Session | Day | Week | None, new: Session | Day | Week) -> str:
    """Return why a row is written: it is new, or the names of the columns that differ."""
    if old is None:
        return REASON_NEW
    differing = [f.name for f in fields(new) if getattr(old, f.name) != getattr(new, f.name)]
    return f"changed: {', '.join(differing)}"


def retraction_reason(old: Session, now: Iterable[Session]) -> str:
    """Return why a session is not there any more: a session that shares half of its time took its place, or nothing.

    `now` are the sessions that are there now.
    """
    others = [item for item in now if item.id != old.id and _shares(old, item)]
    other = min(others, key=lambda one: (abs(one.start_ms - old.start_ms), one.id), default=None)
    if other is None:
        return REASON_GONE
    declared = old.origin is Origin.DETECTED and other.origin is not Origin.DETECTED
    return f"{'declared later, as' if declared else 'one with'} session {other.id}"


def _shares(old: Session, other: Session) -> bool:
    both = min(old.end_ms, other.end_ms) - max(old.start_ms, other.start_ms)
    return both > 0 and both >= SHARED * min(
        old.end_ms - old.start_ms, other.end_ms - other.start_ms
    )
