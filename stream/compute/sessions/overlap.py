"""Which time of each session counts towards its day, and which session counts as one. Looks at times only.

Sessions stay whole as declared. Where two overlap, the minutes count for the better one: declared before reported
before detected, then the better ranked source, and of one source the shorter session (the legs of a multisport file
before what encloses them). A session of which more than half lies within better ones is not counted as another one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

import numpy as np

from model.calendar import DAY_MS
from model.derived import Origin
from stream.compute.series.sources import source_key, source_rank
from stream.compute.sessions.candidates import SessionCandidate

Pieces: TypeAlias = tuple[tuple[int, int], ...]

ORIGIN_ORDER: tuple[Origin, ...] = (Origin.DECLARED, Origin.REPORTED, Origin.DETECTED)
ABSORBED_FROM = 0.5
MOST_A_DATE = 200  # sessions with figures that start on one date; a date has 144 times ten minutes
MOST_AHEAD_MS = (
    2 * DAY_MS
)  # of better sessions before one with figures: a day, and its legs once more


def counted_pieces(claimed: Iterable[SessionCandidate]) -> Mapping[str, Pieces]:
    """Return, by session id, the pieces [start, end) in epoch ms that no better session covers, in order of time."""
    taken = _Taken()
    return {
        claim.id: taken.take(claim.start_ms, claim.end_ms)
        for claim in sorted(claimed, key=_precedence)
    }


class _Taken:
    """The time that is taken: pieces in order that neither meet nor touch. Each is looked at once, and then joined."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, start: int, end: int) -> Pieces:
        """Take a span, and return what of it was not taken before."""
        if start >= end:
            return ()
        low, high = bisect_left(self._ends, start), bisect_right(self._starts, end)
        starts, ends = self._starts[low:high], self._ends[low:high]
        gaps = zip(
            [start, *(max(at, start) for at in ends)],
            [*(min(at, end) for at in starts), end],
            strict=True,
        )
        self._starts[low:high] = [min([start, *starts[:1]])]
        self._ends[low:high] = [max([end, *ends[-1:]])]
        return tuple((left, right) for left, right in gaps if left < right)


def ids_with_figures(claimed: Iterable[SessionCandidate]) -> frozenset[str]:
    """Return which sessions that start on one local date have figures, by id: the best ones, as many as a date may.

    Deriving a date costs what its sessions hold; without a bound one sender could make it cost anything.
    """
    ordered = sorted(claimed, key=_precedence)[:MOST_A_DATE]
    ahead = accumulate((claim.length_ms for claim in ordered), initial=0)
    return frozenset(
        claim.id for claim, before in zip(ordered, ahead, strict=False) if before <= MOST_AHEAD_MS
    )


def mostly_covered(claim: SessionCandidate, pieces: Pieces) -> bool:
    """Return whether more than half of a session lies within better ones, given what of it counts."""
    left = sum(end - start for start, end in pieces)
    return claim.length_ms > 0 and left < (1 - ABSORBED_FROM) * claim.length_ms


class KnownSessions:
    """Sessions that were told of, to ask many times whether one of them is the same as a span (section 3.3)."""

    def __init__(self, claimed: Sequence[SessionCandidate]) -> None:
        self._starts = np.array([claim.start_ms for claim in claimed], np.int64)
        self._ends = np.array([claim.end_ms for claim in claimed], np.int64)

    def absorbs(self, span: tuple[int, int]) -> bool:
        """Return whether one session shares with a span at least half of the shorter of both."""
        start, end = span
        common = np.minimum(self._ends, end) - np.maximum(self._starts, start)
        shorter = ABSORBED_FROM * np.minimum(self._ends - self._starts, end - start)
        return bool(((common >= shorter) & (shorter > 0)).any())


def union_of_spans(spans: Iterable[tuple[int, int]]) -> Pieces:
    """Return what at least one of the spans covers, as pieces in time that do not touch."""
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(pieces[-1][1], end)
        else:
            pieces.append((start, end))
    return tuple(pieces)


def _precedence(claim: SessionCandidate) -> tuple[int, int, int, Sequence[str], str]:
    return (
        ORIGIN_ORDER.index(claim.origin),
        source_rank(claim.source),
        claim.length_ms,
        source_key(claim.source),
        claim.record,
    )
