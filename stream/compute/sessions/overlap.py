"""Decides which time of each session counts towards its day, and which sessions count.

Sessions stay complete as declared. Where two sessions overlap, the time counts for the better
session: declared before reported before detected, then the better ranked source, then the shorter
session (the legs of a multisport file before the session around them). A session that lies by more
than half within better sessions does not count as another session. Neither does a copy that the
patient has trimmed in an app, beside the record that it was made from. In a pause of a better
session another session may run, and its time counts. What was marked as not exercise takes no time
from any session.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from model.calendar import DAY_MS
from model.derived.sessions import Origin
from model.facts import Instants
from model.words.activities import BESIDE_OTHERS
from stream.compute.pieces import Pieces, pieces_ms
from stream.compute.sessions.candidates import SessionCandidate, better_first, type_family
from stream.compute.sessions.duplicates import SAME_WITHIN_MS

SAME_SESSION_FROM = 0.5  # of the shorter session, clinical definition section 3.3

# Origin, type family, whether it is an end, and the stretch of two minutes.
_Edge: TypeAlias = tuple[Origin, str, bool, int]

# The cost of deriving a date grows with its sessions. These bound it, whatever is declared: a date
# has room for 144 sessions of ten minutes, and a day of better sessions may come with its legs.
MOST_A_DATE = 200
MOST_AHEAD_MS = 2 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPieces:
    """The pieces of a session, [start, end) in epoch ms, that count towards its day.

    In `running` it was exercised and no better session was. In `paused` it was paused and no other
    session accounts for the time. `trimmed`: the session is a part of another record of the same.
    """

    running: Pieces
    paused: Pieces
    trimmed: bool = False

    @property
    def elapsed_ms(self) -> int:
        """Return how long all of the pieces are together, in ms."""
        return pieces_ms(self.running) + pieces_ms(self.paused)


def counted_pieces(candidates: Iterable[SessionCandidate]) -> Mapping[str, CountedPieces]:
    """Return by session id the pieces of each session that count, in order of time."""
    taken = _TakenTime()
    ordered = sorted(candidates, key=better_first)
    known = list(filter(_may_cover, ordered))
    # Pauses come after all that is known to have run, and before what was only detected: a session
    # that was detected on another date must not change what counts on this one.
    running: dict[str, Pieces] = {}
    paused: dict[str, Pieces] = {}
    for candidate in known:
        running[candidate.id] = taken.take_all(candidate.running)
    for candidate in known:
        paused[candidate.id] = taken.take_all(candidate.pauses)
    for candidate in ordered:
        if candidate.origin is Origin.DETECTED:
            running[candidate.id] = taken.take_all(candidate.running)
        else:
            running.setdefault(candidate.id, ())
    pieces: dict[str, CountedPieces] = {}
    for name, own in running.items():
        pieces[name] = CountedPieces(running=own, paused=paused.get(name, ()))
    alone = [row for row in known if row.type not in BESIDE_OTHERS]
    for name in _trimmed(alone, pieces):
        pieces[name] = replace(pieces[name], trimmed=True)
    return pieces


def _may_cover(candidate: SessionCandidate) -> bool:
    """Return whether others may lie within a session: it is known and may be exercise."""
    return candidate.origin is not Origin.DETECTED and not candidate.no_exercise


def _trimmed(
    candidates: Sequence[SessionCandidate], pieces: Mapping[str, CountedPieces]
) -> Iterator[str]:
    """Yield the ids of sessions that are a part of a session which counts beside them.

    Both begin or both end within two minutes, and are of one origin and type family. Such a part is
    at most half as long, because more of it would leave the other one mostly covered.
    """
    longest: dict[_Edge, SessionCandidate] = {}
    for candidate in candidates:
        if not mostly_covered(candidate, pieces[candidate.id].running):
            for edge in _edges(candidate):
                # the longest says for all that begin or end there whether they are parts of one
                known = longest.setdefault(edge, candidate)
                if candidate.length_ms > known.length_ms:
                    longest[edge] = candidate
    for candidate in candidates:
        near = [longest.get(edge) for edge in _edges(candidate, (-1, 0, 1))]
        if any(around is not None and _is_part(candidate, around) for around in near):
            yield candidate.id


def _edges(candidate: SessionCandidate, steps: Sequence[int] = (0,)) -> Iterator[_Edge]:
    """Yield where a session begins and ends, in stretches of two minutes and so many beside."""
    kind = candidate.origin, type_family(candidate)
    for is_end, at in ((False, candidate.start_ms), (True, candidate.end_ms)):
        for step in steps:
            yield (*kind, is_end, at // SAME_WITHIN_MS + step)


def _is_part(candidate: SessionCandidate, around: SessionCandidate) -> bool:
    start_ms, end_ms = candidate.start_ms - around.start_ms, around.end_ms - candidate.end_ms
    is_within = min(start_ms, end_ms) >= -SAME_WITHIN_MS
    is_near = min(abs(start_ms), abs(end_ms)) <= SAME_WITHIN_MS
    # What has no length has no part, or it would be one of itself.
    is_half = 0 < around.length_ms >= 2 * candidate.length_ms
    return is_within and is_near and is_half


class _TakenTime:
    """Taken time, as ordered spans that neither overlap nor touch.

    A new span is merged with all spans that it meets, so each span is visited only once.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take_all(self, pieces: Pieces) -> Pieces:
        """Take pieces, and return the pieces of them that were free."""
        free: list[tuple[int, int]] = []
        for start, end in pieces:
            free += self.take(start, end)
        return tuple(free)

    def take(self, start: int, end: int) -> Pieces:
        """Take a span, and return the pieces of it that were free."""
        if start >= end:
            return ()
        # Spans that only touch are met too: merged with the new span, the list stays short.
        low, high = bisect_left(self._ends, start), bisect_right(self._starts, end)
        met_starts, met_ends = self._starts[low:high], self._ends[low:high]
        free: list[tuple[int, int]] = []
        reached = start
        for met_start, met_end in zip(met_starts, met_ends, strict=True):
            if reached < met_start:
                free.append((reached, met_start))
            reached = max(reached, met_end)
        if reached < end:
            free.append((reached, end))
        self._starts[low:high] = [min([start, *met_starts[:1]])]
        self._ends[low:high] = [max([end, *met_ends[-1:]])]
        return tuple(free)


def ids_with_figures(candidates: Iterable[SessionCandidate]) -> frozenset[str]:
    """Return the ids of those sessions of a local date that get figures: the best sessions.

    A date may have as many as `MOST_A_DATE` and `MOST_AHEAD_MS` allow.
    """
    ids: set[str] = set()
    ahead_ms = 0
    for candidate in sorted(candidates, key=better_first)[:MOST_A_DATE]:
        # The session that reaches the bound still gets figures, however long it is.
        if ahead_ms <= MOST_AHEAD_MS:
            ids.add(candidate.id)
        ahead_ms += candidate.length_ms
    return frozenset(ids)


def mostly_covered(candidate: SessionCandidate, pieces: Pieces) -> bool:
    """Return whether more than half of a session lies within better sessions.

    `pieces` are the parts of the session that ran and count.
    """
    # A session without length covers no time, so none of it can lie within others.
    counted = pieces_ms(pieces)
    return candidate.running_ms > 0 and counted < (1 - SAME_SESSION_FROM) * candidate.running_ms


def unplaced_ms_in(candidate: SessionCandidate, pieces: Pieces) -> int:
    """Return the share of paused time without a place that lies in these running pieces, in ms.

    Nothing tells where it lies, so each piece has as much of it as its length is of all.
    """
    if not candidate.unplaced_ms:
        return 0
    return candidate.unplaced_ms * pieces_ms(pieces) // candidate.running_ms


def with_passed_exertion(
    candidates: Sequence[SessionCandidate], pieces: Mapping[str, CountedPieces]
) -> list[SessionCandidate]:
    """Return the candidates in their order, with the exertion of those that are mostly covered.

    A session that lies mostly within better ones does not count, so its exertion passes to the one
    of them that shares most of its time, where that has none. `pieces` are the parts that count.
    """
    counting: list[SessionCandidate] = []
    covered: list[SessionCandidate] = []
    # Detected sessions take no part: those of other dates are not known when a date is derived.
    for candidate in sorted(filter(_may_cover, candidates), key=better_first):
        own = pieces[candidate.id]
        if not own.trimmed and not mostly_covered(candidate, own.running):
            counting.append(candidate)
        elif candidate.exertion_cr10 is not None:
            covered.append(candidate)
    passed: dict[str, float | None] = {}
    spans = KnownSessions(counting)
    for candidate in covered:
        heir = counting[spans.nearest(candidate.start_ms, candidate.end_ms)]
        # The best of several comes first, and its word stays.
        if heir.exertion_cr10 is None:
            passed.setdefault(heir.id, candidate.exertion_cr10)
    return [
        replace(row, exertion_cr10=passed[row.id]) if row.id in passed else row
        for row in candidates
    ]


class KnownSessions:
    """Sessions as arrays, for a fast comparison with many spans."""

    def __init__(self, candidates: Sequence[SessionCandidate]) -> None:
        self._starts = np.array([candidate.start_ms for candidate in candidates], np.int64)
        self._ends = np.array([candidate.end_ms for candidate in candidates], np.int64)

    def absorbs(self, span: tuple[int, int]) -> bool:
        """Return whether a session shares with the span at least half of the shorter of both."""
        start, end = span
        common = self._common_ms(start, end)
        half = SAME_SESSION_FROM * np.minimum(self._ends - self._starts, end - start)
        return bool(((common >= half) & (half > 0)).any())

    def nearest(self, start_ms: int, end_ms: int) -> int:
        """Return the position of the session that shares most of a span, the first of equals."""
        return int(np.argmax(self._common_ms(start_ms, end_ms)))

    def _common_ms(self, start_ms: int, end_ms: int) -> Instants:
        return np.minimum(self._ends, end_ms) - np.maximum(self._starts, start_ms)
