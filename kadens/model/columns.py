"""Builds the columns of a `SampleBlock` from plain numbers, so that a parser of JSON needs no numpy. Pure."""

from collections.abc import Sequence

import numpy as np

from .facts import Instants, Values


def columns(points: Sequence[tuple[int, float]]) -> tuple[Instants, Values]:
    """Return (t, v) of points in time order: int64 epoch ms and float64; of equal times only the greatest stands.

    That is what joining blocks of a stream does too, so that it does not matter where a sender cut its batches.
    """
    t = np.fromiter((ms for ms, _ in points), dtype=np.int64, count=len(points))
    v = np.fromiter((value for _, value in points), dtype=np.float64, count=len(points))
    order = np.lexsort((v, t))
    t, v = t[order], v[order]
    last = np.ones(len(t), dtype=np.bool_)
    last[:-1] = t[1:] != t[:-1]
    return t[last], v[last]
