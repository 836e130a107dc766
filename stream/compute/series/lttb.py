"""Largest triangle three buckets: selects few samples that keep the shape of a curve.

Only measured samples are returned, never values in between. Source: Sveinn Steinarsson,
"Downsampling Time Series for Visual Representation" (MSc thesis, University of Iceland, 2013).
"""

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values

FEWEST = 2


def lttb(t: Instants, v: Values, points: int) -> NDArray[np.int64]:
    """Return the positions of at most `points` samples, increasing, with the first and the last.

    `t` int64[n] epoch ms, strictly increasing, and `v` float64[n]. The samples between the first
    and the last are divided into `points` - 2 buckets of about equal count. In each bucket the
    sample is taken that forms the largest triangle with the sample taken before it and the mean of
    the next bucket. Raises ValueError for fewer than two points.
    """
    if points < FEWEST:
        raise ValueError("a line has two points at least")
    if len(t) <= points:
        return np.arange(len(t), dtype=np.int64)
    # Times are counted from the first sample: products of epoch ms would lose digits in a float.
    x = (t - t[0]).astype(np.float64)
    edges = 1 + np.arange(points - 1, dtype=np.int64) * (len(t) - 2) // max(points - 2, 1)
    taken = np.zeros(points, np.int64)
    taken[-1] = len(t) - 1
    means = _means(x, v, edges)
    # Each choice depends on the choice before it, so buckets cannot be handled all at once.
    for bucket in range(points - 2):
        last = taken[bucket]
        low, high = edges[bucket], edges[bucket + 1]
        mean_x, mean_v = means[bucket + 1]
        double_area = np.abs(
            (x[last] - mean_x) * (v[low:high] - v[last])
            - (x[last] - x[low:high]) * (mean_v - v[last])
        )
        taken[bucket + 1] = low + int(np.argmax(double_area))
    return taken


def _means(x: Values, v: Values, edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (mean x, mean v) of each bucket as float64[m, 2].

    The last row is the last sample, which acts as a bucket behind all others.
    """
    if len(edges) < FEWEST:
        return np.empty((0, 2))
    counts = np.append(np.diff(edges), 1)
    sums = (np.add.reduceat(x, edges), np.add.reduceat(v, edges))
    means: NDArray[np.float64] = np.stack(sums, axis=1) / counts[:, None]
    return means
