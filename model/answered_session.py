"""Which session an answer belongs to when the patient's app does not name it. Times only."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
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


def answered_session(
    at_ms: int, sessions: Iterable[S], after_ms: int = AFTER_SESSION_MS
) -> S | None:
    """Return the session in progress at an instant, else the last that ended up to `after_ms` before.

    Of several the latest to start is meant, then the greater id: the order of `sessions` does not
    matter.
    """
    near = [s for s in sessions if s.start_ms <= at_ms <= max(s.end_ms + after_ms, s.start_ms)]
    return max(
        near,
        key=lambda s: (at_ms < s.end_ms, min(s.end_ms, at_ms), s.start_ms, s.id, s.end_ms),
        default=None,
    )


def answered_sessions(
    instants: Sequence[int], sessions: Iterable[S], after_ms: int = AFTER_SESSION_MS
) -> dict[int, S | None]:
    """Return what `answered_session` does, by instant, in few looks at each session."""
    by_start = sorted(sessions, key=lambda s: (s.start_ms, s.id, s.end_ms))
    by_end = sorted(by_start, key=lambda s: (s.end_ms, s.start_ms, s.id))
    ends = [s.end_ms for s in by_end]
    values: dict[int, S | None] = {}
    begun, running = 0, list[int]()  # places in `by_start`, negative: the latest is the least
    for at in sorted(set(instants)):
        while begun < len(by_start) and by_start[begun].start_ms <= at:
            heappush(running, -begun)
            begun += 1
        while running and by_start[-running[0]].end_ms <= at:
            heappop(running)
        last = bisect_right(ends, at) - 1
        ended = by_end[last] if last >= 0 and at <= by_end[last].end_ms + after_ms else None
        values[at] = by_start[-running[0]] if running else ended
    return values
