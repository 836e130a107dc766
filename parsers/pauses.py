"""The pauses of a workout as its facts carry them. Pure.

A pause is [start, end) in epoch ms. Pauses are in order, apart and within the workout.
"""

from collections.abc import Container, Iterable, Sequence
from operator import itemgetter
from typing import TypeAlias

from model.fact_properties import LAST_RECORD_MS
from model.storable import MOST_PAUSES

_Pause: TypeAlias = tuple[int, int]

SHORTEST_PAUSE_MS = 1_000  # events and trackpoints are in whole seconds
LONGEST_SILENCE_MS = 300_000  # without a timer, a longer gap is a pause
_ROUNDING_MS = 2_000  # an event and a total may each be a second off


def stated_timer_ms(timer_ms: float, lasted_ms: int) -> int | None:
    """Return a stated time of the timer, None where it tells of no pause in what lasted longer."""
    return round(timer_ms) if 0 < timer_ms <= lasted_ms - SHORTEST_PAUSE_MS else None


def end_of_timer(start_ms: int, timer_ms: int, stops: Iterable[_Pause]) -> int:
    """Return when a timer that ran for so long was stopped, by a start in epoch ms.

    `stops` are in order. One that begins before the timer has run its time lies in between; a later
    one follows the end.

    >>> end_of_timer(0, 1_500, [(600, 900), (1_799, 1_899), (1_900, 2_500)])
    1900
    """
    end_ms, reached_ms = start_ms + timer_ms, start_ms
    for begin, until in stops:
        if begin >= end_ms:
            break
        end_ms += max(0, until - max(begin, reached_ms))
        reached_ms = max(reached_ms, until)
    return end_ms


def pauses_within(
    stops: Iterable[tuple[int, int | None]], span: tuple[int, int], timer_ms: int | None
) -> tuple[_Pause, ...]:
    """Return the times at which a timer stood still as the pauses of the workout of a span.

    `stops` are in order and apart. An end of None is a timer that was never started again: it is
    a pause only as far as `timer_ms`, the stated time of the timer (None when there is none), has
    room for it. A lost event must not take the rest of a workout.
    """
    pauses: list[_Pause] = []
    paused_ms = 0
    for begin, until in stops:
        start, end = max(begin, span[0]), span[1] if until is None else min(until, span[1])
        room_ms = span[1] - span[0] - paused_ms - (timer_ms or 0) + _ROUNDING_MS
        has_room = until is not None or not timer_ms or end - start <= room_ms
        if has_room and end - start >= SHORTEST_PAUSE_MS:
            pauses.append((start, end))
            paused_ms += end - start
    return _longest(pauses)


def pauses_in_gaps(gaps: Iterable[_Pause], paused_ms: int | None) -> tuple[_Pause, ...]:
    """Return the pauses that gaps between the points of a track show.

    `paused_ms` is the paused time that the file states: the longest gaps hold it. With None, gaps
    of more than five minutes are pauses.
    """
    if paused_ms is None:
        return pauses_at_breaks(gaps, ())
    pauses: list[_Pause] = []
    left_ms = paused_ms
    for start, end in sorted(gaps, key=_longest_first):
        # The last point before a pause lies a little before it, so a gap is longer than its pause.
        length_ms = min(end - start, left_ms)
        if length_ms >= SHORTEST_PAUSE_MS:
            pauses.append((end - length_ms, end))
            left_ms -= length_ms
    return _longest(sorted(pauses))


def pauses_at_breaks(
    gaps: Iterable[_Pause], begins: Container[int], held_ms: int = LAST_RECORD_MS
) -> tuple[_Pause, ...]:
    """Return the pauses of a track whose file states no time of a timer.

    A gap is a pause if a new segment begins at its end, one of `begins` in epoch ms, or if it is
    longer than five minutes. The point before a gap holds for `held_ms`, as the last point does.
    """
    pauses: list[_Pause] = []
    for start, end in gaps:
        if end in begins or end - start > LONGEST_SILENCE_MS:
            pauses.append((start + held_ms, end))
    return _longest(pauses)


def _longest(pauses: Sequence[_Pause]) -> tuple[_Pause, ...]:
    """Return as many pauses as a fact may have, the longest of them, in order."""
    if len(pauses) <= MOST_PAUSES:
        return tuple(pauses)
    return tuple(sorted(sorted(pauses, key=_longest_first)[:MOST_PAUSES], key=itemgetter(0)))


def _longest_first(pause: _Pause) -> tuple[int, int]:
    # The earlier of two equally long ones comes first, so that the same file gives the same facts.
    return pause[0] - pause[1], pause[0]
