"""Finds the session that an answer belongs to when the patient's app does not name it.

Only times are compared.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Protocol, TypeVar

AFTER_SESSION_MS = 6 * 3_600_000


class Spanned(Protocol):
    """Anything with an id and an interval [start, end) in epoch ms.

    Sessions, session candidates and the briefs that rules read all fit.
    """

    @property
    def id(self) -> str:
        """Return its id."""

    @property
    def start_ms(self) -> int:
        """Return its start."""

    @property
    def end_ms(self) -> int:
        """Return its end, exclusive."""


_S = TypeVar("_S", bound=Spanned)


def answered_session(
    at_ms: int, sessions: Iterable[_S], after_ms: int = AFTER_SESSION_MS
) -> _S | None:
    """Return the session in progress at an instant, else the last session that ended before it.

    A session that ended more than `after_ms` before the instant is not considered. Of several
    sessions in progress the latest to start is returned, then the greater id, so the order of
    `sessions` does not matter.
    """
    near = [s for s in sessions if s.start_ms <= at_ms <= max(s.end_ms + after_ms, s.start_ms)]
    return max(
        near,
        key=lambda s: (at_ms < s.end_ms, min(s.end_ms, at_ms), s.start_ms, s.id, s.end_ms),
        default=None,
    )


def answered_sessions(
    instants: Sequence[int], sessions: Iterable[_S], after_ms: int = AFTER_SESSION_MS
) -> dict[int, _S | None]:
    """Return the result of `answered_session` for each instant.

    The cost is that of sorting, so a year of answers and sessions stays cheap.
    """
    by_start = sorted(sessions, key=lambda s: (s.start_ms, s.id, s.end_ms))
    by_end = sorted(by_start, key=lambda s: (s.end_ms, s.start_ms, s.id))
    ends = [s.end_ms for s in by_end]
    values: dict[int, _S | None] = {}
    # `running` is a heap of negated positions in `by_start`, so the latest to start is on top. Only
    # the top is read: a session below it that has ended may stay until it comes up.
    begun, running = 0, list[int]()
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
