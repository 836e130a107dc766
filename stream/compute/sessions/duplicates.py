"""Removes duplicates: candidates for the same session that came by another route.

Clinical definition section 3.3. Duplicates agree in type family and in start and end within two
minutes, and share some time; a type of no family agrees with each. The better candidate stays, as
where sessions overlap, and takes over what only its duplicates know. The result does not depend on
the order of candidates.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from stream.compute.pieces import cut_out, pieces_ms
from stream.compute.sessions.candidates import SessionCandidate, better_first, type_family

SAME_WITHIN_MS = 120_000  # routes cut the beginning and the end of a workout differently
ROUNDED_MS = 5_000  # a second for the end of each pause, which formats round

_ANY_FAMILY = "other"

# The two minutes in which a candidate begins and ends.
_Cell: TypeAlias = tuple[int, int]


def deduplicate(candidates: Iterable[SessionCandidate]) -> list[SessionCandidate]:
    """Return each physical session once; the candidate that stays has the records of all."""
    kept = Neighbours()
    for candidate in sorted(candidates, key=better_first):
        original = kept.position(candidate)
        if original is None:
            kept.add(candidate)
        else:
            kept.rows[original] = _completed(kept.rows[original], candidate)
    return kept.rows


class Neighbours:
    """Candidates by the minutes in which they begin and end, the best first.

    Duplicates lie in the same cell or in a neighbouring cell. Comparing each candidate with all
    others would cost the square of their number.
    """

    def __init__(self, candidates: Iterable[SessionCandidate] = ()) -> None:
        self.rows: list[SessionCandidate] = []
        self._by_cell: dict[_Cell, list[int]] = defaultdict(list)
        for candidate in candidates:
            self.add(candidate)

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.rows)

    def add(self, candidate: SessionCandidate) -> None:
        """Add a candidate behind all others."""
        self._by_cell[_cell(candidate)].append(len(self.rows))
        self.rows.append(candidate)

    def position(self, candidate: SessionCandidate) -> int | None:
        """Return the position of the best that a candidate duplicates, None where there is none."""
        positions: list[int] = []
        for cell in _neighbourhood(candidate):
            positions += self._by_cell.get(cell, ())
        # The best candidate comes first, so that the result does not depend on the cells.
        for position in sorted(positions):
            if _are_duplicates(self.rows[position], candidate):
                return position
        return None

    def original(self, candidate: SessionCandidate) -> SessionCandidate | None:
        """Return the best that a candidate duplicates, None where there is none."""
        position = self.position(candidate)
        return None if position is None else self.rows[position]


def _completed(original: SessionCandidate, duplicate: SessionCandidate) -> SessionCandidate:
    """Return a candidate with what only its duplicate knows.

    Duplicates come from the best on, so what the best of them knows stays.
    """
    original = _with_pauses_of(original, duplicate)
    # The silence of the better route must not erase what the other route was told.
    exertion, moving_ms = original.exertion_cr10, original.moving_ms
    is_typed = type_family(original) != _ANY_FAMILY
    return replace(
        original,
        records=original.records | duplicate.records,
        exertion_cr10=duplicate.exertion_cr10 if exertion is None else exertion,
        moving_ms=duplicate.moving_ms if moving_ms is None else moving_ms,
        type=original.type if is_typed else duplicate.type,
        is_part=original.is_part or duplicate.is_part,
    )


def _with_pauses_of(kept: SessionCandidate, other: SessionCandidate) -> SessionCandidate:
    """Return the candidate that stays, with the pauses of a duplicate where it tells of none.

    Where it tells how long they were, and the duplicate tells when, both count.
    """
    if kept.pauses or other.timer_ms == other.length_ms:
        return kept
    running = cut_out(kept.start_ms, kept.end_ms, other.pauses)
    paused = replace(kept, pauses=cut_out(kept.start_ms, kept.end_ms, running))
    has_total = kept.moving_ms is not None or kept.timer_ms < kept.length_ms
    if not has_total:
        return replace(paused, unplaced_ms=min(other.unplaced_ms, paused.running_ms))
    left_ms = kept.unplaced_ms - pieces_ms(paused.pauses)
    # the total is its own: pauses that it has no room for are not those that it means
    return replace(paused, unplaced_ms=max(0, left_ms)) if left_ms >= -ROUNDED_MS else kept


def _cell(candidate: SessionCandidate) -> _Cell:
    return candidate.start_ms // SAME_WITHIN_MS, candidate.end_ms // SAME_WITHIN_MS


def _neighbourhood(candidate: SessionCandidate) -> Iterator[_Cell]:
    start, end = _cell(candidate)
    for earlier, later in product((-1, 0, 1), repeat=2):
        yield start + earlier, end + later


def _are_duplicates(a: SessionCandidate, b: SessionCandidate) -> bool:
    apart_ms = max(abs(a.start_ms - b.start_ms), abs(a.end_ms - b.end_ms))
    # short ones may be near to each other and have nothing in common
    overlap = min(a.end_ms, b.end_ms) > max(a.start_ms, b.start_ms)
    return overlap and apart_ms <= SAME_WITHIN_MS and in_same_family(a, b)


def in_same_family(a: SessionCandidate, b: SessionCandidate) -> bool:
    """Return whether two candidates are of one type family; a type of none agrees with each."""
    return len({type_family(a), type_family(b)} - {_ANY_FAMILY}) <= 1
