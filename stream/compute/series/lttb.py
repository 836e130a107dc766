"""Largest triangle three buckets: few samples that keep the shape of a curve. It makes up no value.

Sveinn Steinarsson, "Downsampling Time Series for Visual Representation" (MSc thesis, University of
Iceland, 2013).
"""

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values

FEWEST = 2


def lttb(t: Instants, v: Values, points: int) -> NDArray[np.int64]:
    """Return the positions of at most `points` samples, increasing; first and last are among them.

    `t` int64[n] epoch ms, strictly increasing, and `v` float64[n]. The samples between first and
    last are parted into `points` - 2 buckets of equal count. Of each bucket the sample is taken
    that spans the largest triangle with the sample taken before it and the mean of the next bucket.
    Raises ValueError below two points.
    """
    if points < FEWEST:
        raise ValueError("a line has two points at least")
    if len(t) <= points:
        return np.arange(len(t), dtype=np.int64)
    # Times from the first one on: epoch ms squared would lose digits in a float.
    x = (t - t[0]).astype(np.float64)
    edges = 1 + np.arange(points - 1, dtype=np.int64) * (len(t) - 2) // max(points - 2, 1)
    taken = np.zeros(points, np.int64)
    taken[-1] = len(t) - 1
    means = _means(x, v, edges)
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
    """Return (mean x, mean v) of each bucket, and of the last sample, which comes after them."""
    if len(edges) < FEWEST:
        return np.empty((0, 2))
    counts = np.append(np.diff(edges), 1)
    sums = [np.add.reduceat(column, edges) for column in (x, v)]
    means: NDArray[np.float64] = np.stack(sums, axis=1) / counts[:, None]
    return means
