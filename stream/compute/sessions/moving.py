"""Finds the stops within a session by its speed.

A person has stopped at a speed of at most 0.3 m/s (the rule of fitanalysis, clinical definition
section 3.3). Time without a sample is a stop too, because a watch that stands still may record
nothing. Pauses are no stops: in a stop the timer runs, and its time counts.
"""

import numpy as np

from stream.compute.pieces import Pieces, cut_out, pieces_ms
from stream.compute.series.resolved_series import ResolvedSeries

STOPPED_M_S = 0.3
SHORTEST_STOP_MS = 10_000
LEAST_COVERAGE = 0.5  # with less, a watch without a satellite fix would look like one long pause
# In other families a speed of 0 does not mean that the patient rests.
FAMILIES_WITH_SPEED: frozenset[str] = frozenset({"foot", "wheel", "water", "snow"})


def stops_between(
    speed: ResolvedSeries | None, start_ms: int, end_ms: int, family: str, pauses: Pieces = ()
) -> Pieces | None:
    """Return the stops of at least 10 s in [start, end) outside of `pauses`, in order of time.

    All are in epoch ms. None where speed does not tell: it belongs to another type family, or its
    samples, each held as long as it may be, cover less than half of the time without pauses.
    """
    if speed is None or family not in FAMILIES_WITH_SPEED or end_ms <= start_ms:
        return None
    part = speed.within(start_ms, end_ms).without(pauses)
    # A sample says nothing about the time behind the next sample, nor behind its own hold.
    held_until = np.minimum(np.append(part.t[1:], end_ms), part.t + part.hold)
    running_ms = end_ms - start_ms - pieces_ms(pauses)
    if int((held_until - part.t).sum()) < LEAST_COVERAGE * running_ms:
        return None
    # A stop lies between the end of a moving sample and the start of the next moving sample.
    moves = part.v > STOPPED_M_S
    stop_begins = np.append(start_ms, held_until[moves])
    stop_ends = np.append(part.t[moves], end_ms)
    is_long = stop_ends - stop_begins >= SHORTEST_STOP_MS
    begins, ends = stop_begins[is_long].tolist(), stop_ends[is_long].tolist()
    stops = tuple(zip(begins, ends, strict=True))
    return _outside(stops, pauses) if pauses else stops


def _outside(stops: Pieces, pauses: Pieces) -> Pieces:
    """Return what is left of stops outside of pauses, where that is still a stop."""
    left: list[tuple[int, int]] = []
    for begin, end in stops:
        left += cut_out(begin, end, pauses)
    return tuple((begin, end) for begin, end in left if end - begin >= SHORTEST_STOP_MS)


def moving_ms(running_ms: int, stops: Pieces) -> int:
    """Return the time of a session in motion in ms, from its time outside of pauses."""
    return running_ms - pieces_ms(stops)
