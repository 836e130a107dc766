"""Which session an answer concerns, when the patient's app did not say. Pure; knows times only, never a value."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

AFTER_SESSION_MS = 6 * 3_600_000


class Spanned(Protocol):
    """Anything with an id and [start, end) in epoch ms: a session, or a rule's brief of one."""

    @property
    def id(self) -> str:
        """Return its id."""

    @property
    def start_ms(self) -> int:
        """Return its start."""

    @property
    def end_ms(self) -> int:
        """Return its end, exclusive."""


S = TypeVar("S", bound=Spanned)


def concerned(at_ms: int, sessions: Iterable[S], after_ms: int = AFTER_SESSION_MS) -> S | None:
    """Return the session in progress at an instant, else the last one that ended at most `after_ms` before it.

    Of several the latest to start is meant, then the greater id: the order of `sessions` does not matter.
    """
    near = [s for s in sessions if s.start_ms <= at_ms <= max(s.end_ms + after_ms, s.start_ms)]
    return max(near, key=lambda s: (at_ms < s.end_ms, min(s.end_ms, at_ms), s.start_ms, s.id, s.end_ms), default=None)
