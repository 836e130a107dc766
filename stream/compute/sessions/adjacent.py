"""Merges workouts with a short break between them (clinical definition section 3.3).

Parts of the same type with at most five minutes between them become a single session, on the date
of the first part; midnight has no part in it. The result does not depend on the order of
candidates.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import heappop, heappush

from model.derived.sessions import Origin
from stream.compute.pieces import Pieces, cut_out, union_of_spans
from stream.compute.sessions.candidates import SessionCandidate, start_and_id

LONGEST_BREAK_MS = 300_000  # clinical definition section 3.3


def merge_adjacent(candidates: Iterable[SessionCandidate]) -> list[SessionCandidate]:
    """Return the candidates with declared workouts merged over short breaks.

    Merging again changes nothing.
    """
    chains: dict[str, _Chains] = defaultdict(_Chains)
    merged: list[SessionCandidate] = []
    for candidate in sorted(candidates, key=start_and_id):
        if candidate.origin is Origin.DECLARED:
            chains[candidate.type].add(candidate)
        else:
            merged.append(candidate)
    for chain in chains.values():
        merged += map(_merged, chain.groups())
    return merged


class _Chains:
    """Groups of adjacent candidates of the same type, which are added in order of start.

    Groups are kept as a union-find. All parts that ended shortly before a candidate begins become
    the same group, so only the last of their ends still matters and the heap keeps that end for
    all. This keeps the cost low, however many parts overlap.
    """

    def __init__(self) -> None:
        self._groups: dict[int, list[SessionCandidate]] = {}
        self._ends: list[tuple[int, int]] = []  # heap of (end, group)
        self._merged_into: dict[int, int] = {}  # a group's parent; its own number when it is a root

    def add(self, candidate: SessionCandidate) -> None:
        """Add the next candidate to the groups that ended at most a break before it starts."""
        earliest = candidate.start_ms - LONGEST_BREAK_MS
        near: set[int] = set()
        last_end = earliest
        while self._ends and self._ends[0][0] <= candidate.start_ms:
            end, group = heappop(self._ends)
            if end >= earliest:
                near.add(self._root(group))
                last_end = max(last_end, end)
        group = self._join(near, candidate)
        if near:  # the ends taken off the heap live on as the last of them
            heappush(self._ends, (last_end, group))
        heappush(self._ends, (candidate.end_ms, group))

    def groups(self) -> Iterable[list[SessionCandidate]]:
        """Return the parts of each group."""
        return self._groups.values()

    def _join(self, near: set[int], candidate: SessionCandidate) -> int:
        if not near:
            group = len(self._merged_into)
            self._merged_into[group], self._groups[group] = group, [candidate]
            return group
        # The smaller groups move into the largest, so that each part moves few times.
        largest = max(near, key=lambda number: len(self._groups[number]))
        for group in near - {largest}:
            self._merged_into[group] = largest
            self._groups[largest] += self._groups.pop(group)
        self._groups[largest].append(candidate)
        return largest

    def _root(self, group: int) -> int:
        parents = self._merged_into
        while parents[group] != group:
            parents[group] = parents[parents[group]]  # halves the path for the next time
            group = parents[group]
        return group


def _merged(parts: Sequence[SessionCandidate]) -> SessionCandidate:
    """Return the parts as a single candidate, with the id of the first part and the time of all."""
    ordered = sorted(parts, key=start_and_id)
    if len(ordered) == 1:
        return ordered[0]
    end_ms, records = ordered[0].end_ms, ordered[0].records
    exertion_cr10: float | None = None
    for part in ordered:
        # A short part may lie within a longer one, so the last part need not end last.
        end_ms = max(end_ms, part.end_ms)
        records |= part.records
        # Exertion is asked for at the end, so the answer of the last part stays.
        exertion_cr10 = exertion_cr10 if part.exertion_cr10 is None else part.exertion_cr10
    pauses = _pauses(ordered, end_ms)
    merged = replace(
        ordered[0],
        end_ms=end_ms,
        records=records,
        moving_ms=_moving_ms(ordered),
        exertion_cr10=exertion_cr10,
        pauses=pauses,
        is_part=any(part.is_part for part in ordered),
    )
    # Where parts overlap, paused time of which only the length is known could exceed the rest.
    unplaced_ms = sum(part.unplaced_ms for part in ordered)
    return replace(merged, unplaced_ms=min(unplaced_ms, merged.running_ms))


def _moving_ms(parts: Iterable[SessionCandidate]) -> int | None:
    """Return the moving time of all parts in ms, None when it is unknown for any part."""
    total = 0
    for part in parts:
        if part.moving_ms is None:
            return None
        total += part.moving_ms
    return total


def _pauses(ordered: Sequence[SessionCandidate], end_ms: int) -> Pieces:
    """Return the times in which no part ran: their pauses, and the breaks between them."""
    running: list[tuple[int, int]] = []
    for part in ordered:
        running += part.running
    # Parts may overlap: a pause of one is none where another ran.
    return cut_out(ordered[0].start_ms, end_ms, union_of_spans(running))
