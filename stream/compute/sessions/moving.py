"""Pauses within a session, from speed. Never guesses: without enough speed nothing is said.

Stopped is at most 0.3 m/s (the rule of fitanalysis, clinical definition section 3.3); a time without a sample is a
pause too, for a watch that pauses records nothing.
"""

import numpy as np

from stream.compute.series.resolved_series import ResolvedSeries

STOPPED_M_S = 0.3
SHORTEST_PAUSE_MS = 10_000
LEAST_COVER = 0.5
FAMILIES_WITH_SPEED: frozenset[str] = frozenset(
    {"foot", "wheel", "water", "snow"}
)  # where speed says whether somebody moves

Pauses = tuple[tuple[int, int], ...]


def pauses(speed: ResolvedSeries | None, start_ms: int, end_ms: int, family: str) -> Pauses | None:
    """Return the pauses of at least 10 s in [start, end) in epoch ms, in time; None where speed does not tell.

    Speed tells where it belongs to the type family and its samples, each held as long as it may be, cover at least
    half of the session.
    """
    if speed is None or family not in FAMILIES_WITH_SPEED or end_ms <= start_ms:
        return None
    selected = speed.within(start_ms, end_ms)
    until = np.minimum(np.append(selected.t[1:], end_ms), selected.t + selected.hold)
    if int((until - selected.t).sum()) < LEAST_COVER * (end_ms - start_ms):
        return None
    moves = selected.v > STOPPED_M_S
    begins = np.append(selected.t[moves], end_ms)
    ends = np.append(start_ms, until[moves])
    long = begins - ends >= SHORTEST_PAUSE_MS
    return tuple(zip(ends[long].tolist(), begins[long].tolist(), strict=True))


def moving_ms(start_ms: int, end_ms: int, value: Pauses) -> int:
    """Return the time of a session without its pauses, in ms."""
    return end_ms - start_ms - sum(end - start for start, end in value)
