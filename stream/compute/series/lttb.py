"""Largest triangle three buckets: few samples that keep the shape of a curve. Pure; it never makes a value up.

Sveinn Steinarsson, "Downsampling Time Series for Visual Representation" (MSc thesis, University of Iceland, 2013).
"""

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values

FEWEST = 2


def lttb(t: Instants, v: Values, points: int) -> NDArray[np.int64]:
    """Return the places of at most `points` samples, increasing; the first and the last are always among them.

    `t` int64 epoch ms, strictly increasing, and `v` float64 of the same length. The samples between first and last
    are parted into `points` - 2 runs of equal count; of each run the sample is taken that spans the largest triangle
    with the one taken before and the mean of the next run. Raises ValueError below two points.
    """
    if points < FEWEST:
        raise ValueError("a line has two points at least")
    if len(t) <= points:
        return np.arange(len(t), dtype=np.int64)
    x = (t - t[0]).astype(np.float64)
    edges = 1 + np.arange(points - 1, dtype=np.int64) * (len(t) - 2) // max(points - 2, 1)
    chosen = np.zeros(points, np.int64)
    chosen[-1] = len(t) - 1
    means = _means(x, v, edges)
    for run in range(points - 2):
        at = chosen[run]
        low, high = edges[run], edges[run + 1]
        mean_x, mean_v = means[run + 1]
        double_area = np.abs(
            (x[at] - mean_x) * (v[low:high] - v[at]) - (x[at] - x[low:high]) * (mean_v - v[at])
        )
        chosen[run + 1] = low + int(np.argmax(double_area))
    return chosen


def _means(x: Values, v: Values, edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (mean x, mean v) of each run, and of the last sample, which stands after the last run."""
    if len(edges) < FEWEST:
        return np.empty((0, 2))
    counts = np.append(np.diff(edges), 1)
    sums = [np.add.reduceat(column, edges) for column in (x, v)]
    means: NDArray[np.float64] = np.stack(sums, axis=1) / counts[:, None]
    return means
