"""Divides and ends records of one session alike, where one of them tells of pauses. Pure.

A pause of an hour ends a session (clinical definition section 3.3). Another route of the same
record may know only how long its timer ran, or end its pauses some seconds apart. Left in one
piece, it would lie beside the parts as a session of its own, with the pause in it.

A route that knows only how long the timer ran ends too early, by the pauses. What the other route
has after that end would count as exercise of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, pairwise

from stream.compute.pieces import Pieces, cut_out, pieces_ms
from stream.compute.sessions.candidates import (
    SessionCandidate,
    better_first,
    parts_in,
    start_and_id,
)
from stream.compute.sessions.duplicates import (
    ROUNDED_MS,
    SAME_WITHIN_MS,
    Neighbours,
    in_same_family,
)


def divided_alike(
    patient: str, candidates: Sequence[SessionCandidate]
) -> tuple[SessionCandidate, ...]:
    """Return the candidates by (start, id), those divided that others of their session divide.

    `patient` is the pseudonym that ids are made with. The order of candidates changes nothing.
    """
    divided = _divided_records(candidates)
    if not divided:
        return tuple(candidates)
    every: list[SessionCandidate] = []
    for candidate in candidates:
        around = None if candidate.is_part else divided.original(candidate)
        every += [candidate] if around is None else _parts_of(patient, candidate, around.pauses)
    return tuple(sorted(every, key=start_and_id))


def ended_alike(candidates: Sequence[SessionCandidate]) -> Sequence[SessionCandidate]:
    """Return the candidates in their order; what ends by its timer gets its pauses and its end.

    These are those of the best candidate that begins with it and whose timer ran as long.
    """
    paused: dict[int, list[SessionCandidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=better_first):
        if candidate.length_ms - candidate.timer_ms > SAME_WITHIN_MS and not candidate.is_part:
            paused[candidate.start_ms // SAME_WITHIN_MS].append(candidate)
    if not paused:  # the usual case
        return candidates
    return [_with_end(candidate, paused) for candidate in candidates]


def _with_end(
    candidate: SessionCandidate, paused: Mapping[int, Sequence[SessionCandidate]]
) -> SessionCandidate:
    if candidate.timer_ms < candidate.length_ms or candidate.is_part:
        return candidate
    cell = candidate.start_ms // SAME_WITHIN_MS
    near = chain.from_iterable(paused.get(cell + step, ()) for step in (-1, 0, 1))
    alike = filter(partial(_timed_alike, candidate), near)
    other = min(alike, key=better_first, default=None)
    if other is None:
        return candidate
    running = cut_out(candidate.start_ms, other.end_ms, other.pauses)
    return replace(
        candidate,
        end_ms=other.end_ms,
        pauses=cut_out(candidate.start_ms, other.end_ms, running),
        unplaced_ms=max(0, pieces_ms(running) - candidate.length_ms),
    )


def _timed_alike(candidate: SessionCandidate, paused: SessionCandidate) -> bool:
    """Return whether a candidate without pauses is as long as the timer of another ran."""
    apart_ms = max(
        abs(candidate.start_ms - paused.start_ms), abs(candidate.length_ms - paused.timer_ms)
    )
    return apart_ms <= SAME_WITHIN_MS and in_same_family(candidate, paused)


def _divided_records(candidates: Iterable[SessionCandidate]) -> Neighbours:
    """Return the records that a long pause divides, each in one piece with these as its pauses."""
    by_record: dict[tuple[object, str], list[SessionCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.is_part:
            by_record[candidate.source, candidate.record].append(candidate)
    return Neighbours(map(_joined, sorted(by_record.values(), key=_best)))


def _best(parts: Sequence[SessionCandidate]) -> tuple[object, ...]:
    return better_first(min(parts, key=start_and_id))


def _joined(parts: list[SessionCandidate]) -> SessionCandidate:
    ordered = sorted(parts, key=start_and_id)
    breaks = tuple((before.end_ms, after.start_ms) for before, after in pairwise(ordered))
    return replace(ordered[0], end_ms=ordered[-1].end_ms, pauses=breaks)


def _parts_of(patient: str, candidate: SessionCandidate, breaks: Pieces) -> list[SessionCandidate]:
    """Return a candidate divided at these breaks, or in one piece where it tells of none."""
    own = _own_breaks(candidate, breaks)
    spans = cut_out(candidate.start_ms, candidate.end_ms, own)
    return parts_in(patient, candidate, spans) if len(spans) > 1 else [candidate]


def _own_breaks(candidate: SessionCandidate, breaks: Pieces) -> Pieces:
    """Return where a candidate was paused for so long itself, nothing where it was not."""
    if candidate.pauses:
        near = tuple(pause for pause in candidate.pauses if _is_near_any(pause, breaks))
        return near if len(near) == len(breaks) else ()
    # A timer that leaves no room for the pauses speaks against them; no timer says nothing.
    states_timer = candidate.moving_ms is not None or candidate.unplaced_ms > 0
    has_room = candidate.unplaced_ms >= pieces_ms(breaks) - ROUNDED_MS
    return breaks if has_room or not states_timer else ()


def _is_near_any(pause: tuple[int, int], breaks: Pieces) -> bool:
    return any(
        abs(pause[0] - start) <= SAME_WITHIN_MS and abs(pause[1] - end) <= SAME_WITHIN_MS
        for start, end in breaks
    )
