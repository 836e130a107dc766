"""Which time of each session counts towards its day, and which session counts as one. Looks at times only.

Sessions stay whole as declared. Where two overlap, the minutes count for the better one: declared before reported
before detected, then the better ranked source, and of one source the shorter session (the legs of a multisport file
before what encloses them). A session of which more than half lies within better ones is not counted as another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from ...model.derived import Origin
from .claims import Claim
from .sources import identity, rank

Pieces: TypeAlias = tuple[tuple[int, int], ...]

ORIGINS: tuple[Origin, ...] = (Origin.DECLARED, Origin.REPORTED, Origin.DETECTED)
ABSORBED_FROM = 0.5


def counted(claimed: Iterable[Claim]) -> Mapping[str, Pieces]:
    """Return, by session id, the pieces [start, end) in epoch ms that no better session covers, in order of time."""
    found: dict[str, Pieces] = {}
    taken: list[tuple[int, int]] = []
    for claim in sorted(claimed, key=_precedence):
        found[claim.id] = without((claim.start_ms, claim.end_ms), taken)
        taken += found[claim.id]
    return found


def mostly_covered(claim: Claim, pieces: Pieces) -> bool:
    """Return whether more than half of a session lies within better ones, given what of it counts."""
    left = sum(end - start for start, end in pieces)
    return claim.length_ms > 0 and left < (1 - ABSORBED_FROM) * claim.length_ms


def absorbed(span: tuple[int, int], claimed: Iterable[Claim]) -> bool:
    """Return whether one session shares with a span at least half of the shorter of both (section 3.3)."""
    start, end = span
    return any(
        min(end, claim.end_ms) - max(start, claim.start_ms) >= ABSORBED_FROM * min(end - start, claim.length_ms) > 0
        for claim in claimed
    )


def without(span: tuple[int, int], taken: Iterable[tuple[int, int]]) -> Pieces:
    """Return what is left of a span."""
    left, end = span
    pieces: list[tuple[int, int]] = []
    for start, stop in sorted(taken):
        if stop > left and start < end:
            pieces += [(left, start)] if start > left else []
            left = stop
    return (*pieces, (left, end)) if left < end else tuple(pieces)


def covered(spans: Iterable[tuple[int, int]]) -> Pieces:
    """Return what at least one of the spans covers, as pieces in time that do not touch."""
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(pieces[-1][1], end)
        else:
            pieces.append((start, end))
    return tuple(pieces)


def _precedence(claim: Claim) -> tuple[int, int, int, Sequence[str], str]:
    return (
        ORIGINS.index(claim.origin),
        rank(claim.source),
        claim.length_ms,
        identity(claim.source),
        claim.record,
    )
