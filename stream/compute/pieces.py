"""Pieces of time as plain pairs [start, end) in epoch ms, in order, which do not overlap.

The pauses of a session and the parts of it that count are pieces. Spans of changed facts are
another thing: see `model.spans`.
"""

from collections.abc import Iterable
from typing import TypeAlias

Pieces: TypeAlias = tuple[tuple[int, int], ...]


def pieces_ms(pieces: Iterable[tuple[int, int]]) -> int:
    """Return how long all pieces are together, in ms."""
    return sum(end - start for start, end in pieces)


def union_of_spans(spans: Iterable[tuple[int, int]]) -> Pieces:
    """Return what at least one of the spans covers, as pieces that do not even touch.

    `spans` are [start, end) in epoch ms, in any order.
    """
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        # Sorted by start, a span can only reach into the last piece, never into an earlier one.
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(pieces[-1][1], end)
        else:
            pieces.append((start, end))
    return tuple(pieces)


def cut_out(start_ms: int, end_ms: int, holes: Iterable[tuple[int, int]]) -> Pieces:
    """Return the pieces of [start_ms, end_ms) that lie outside of `holes`, which are pieces."""
    left: list[tuple[int, int]] = []
    reached = start_ms
    for start, end in holes:
        if reached < min(start, end_ms):
            left.append((reached, min(start, end_ms)))
        reached = max(reached, end)
    if reached < end_ms:
        left.append((reached, end_ms))
    return tuple(left)


def middle_of(pieces: Pieces) -> int:
    """Return the instant at which half of the time of the pieces has passed.

    Raises LookupError when there is no piece.
    """
    half = pieces_ms(pieces) // 2
    for start, end in pieces:
        if half <= end - start:
            return start + half
        half -= end - start
    raise LookupError("no pieces have no middle")
