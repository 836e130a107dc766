"""Which time of each session counts towards its day, so that one physical minute counts once. Looks at times only.

Sessions stay whole as declared. Where two overlap, the minutes count for the better ranked source, and of one source
for the shorter session: the legs of a multisport file before what encloses them.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from .hearts import identity, rank
from .sessions import Claim

Pieces: TypeAlias = tuple[tuple[int, int], ...]


def counted(claimed: Iterable[Claim]) -> Mapping[str, Pieces]:
    """Return, by session id, the pieces [start, end) in epoch ms that no better session covers, in order of time."""
    found: dict[str, Pieces] = {}
    taken: list[tuple[int, int]] = []
    for claim in sorted(claimed, key=_precedence):
        found[claim.id] = _without((claim.start_ms, claim.end_ms), taken)
        taken += found[claim.id]
    return found


def _precedence(claim: Claim) -> tuple[bool, int, int, tuple[str, ...], str]:
    return claim.manual, rank(claim.source), claim.end_ms - claim.start_ms, identity(claim.source), claim.record


def _without(span: tuple[int, int], taken: Iterable[tuple[int, int]]) -> Pieces:
    """Return what is left of a span."""
    left, end = span
    pieces: list[tuple[int, int]] = []
    for start, stop in sorted(taken):
        if stop > left and start < end:
            pieces += [(left, start)] if start > left else []
            left = stop
    return (*pieces, (left, end)) if left < end else tuple(pieces)
