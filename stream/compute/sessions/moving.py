"""Finds the pauses within a session by its speed.

A person has stopped at a speed of at most 0.3 m/s (the rule of fitanalysis, clinical definition
section 3.3). Time without a sample is a pause too, because a paused watch records nothing.
"""

import numpy as np

from stream.compute.pieces import Pieces, pieces_ms
from stream.compute.series.resolved_series import ResolvedSeries

STOPPED_M_S = 0.3
SHORTEST_PAUSE_MS = 10_000
LEAST_COVERAGE = 0.5  # with less, a watch without a satellite fix would look like one long pause
# In other families a speed of 0 does not mean that the patient rests.
FAMILIES_WITH_SPEED: frozenset[str] = frozenset({"foot", "wheel", "water", "snow"})


def pauses_between(
    speed: ResolvedSeries | None, start_ms: int, end_ms: int, family: str
) -> Pieces | None:
    """Return the pauses of at least 10 s in [start, end) in epoch ms, in order of time.

    None where speed does not tell: it belongs to another type family, or its samples, each held as
    long as it may be, cover less than half of the session.
    """
    if speed is None or family not in FAMILIES_WITH_SPEED or end_ms <= start_ms:
        return None
    part = speed.within(start_ms, end_ms)
    # A sample says nothing about the time behind the next sample, nor behind its own hold.
    held_until = np.minimum(np.append(part.t[1:], end_ms), part.t + part.hold)
    if int((held_until - part.t).sum()) < LEAST_COVERAGE * (end_ms - start_ms):
        return None
    # A pause lies between the end of a moving sample and the start of the next moving sample.
    moves = part.v > STOPPED_M_S
    pause_begins = np.append(start_ms, held_until[moves])
    pause_ends = np.append(part.t[moves], end_ms)
    is_long = pause_ends - pause_begins >= SHORTEST_PAUSE_MS
    begins, ends = pause_begins[is_long].tolist(), pause_ends[is_long].tolist()
    return tuple(zip(begins, ends, strict=True))


def moving_ms(start_ms: int, end_ms: int, pauses: Pieces) -> int:
    """Return the time of a session without its pauses, in ms."""
    return end_ms - start_ms - pieces_ms(pauses)
