"""Sample columns, and what may be done to them before they become facts.

They are put in order, cut to bounds, and multiplied by a factor within spans. A sample is never
invented, smoothed or interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

_Instants: TypeAlias = NDArray[np.int64]
_Values: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Valid samples of one quantity: `t` int64 (n,) epoch ms UTC, `v` float64 (n,)."""

    t: _Instants
    v: _Values

    def __len__(self) -> int:
        return len(self.t)

    def where(self, kept: NDArray[np.bool_]) -> Samples:
        """Return the samples that are kept.

        When all are, the columns are the same objects: the metrics of a file share their times.
        """
        return self if kept.all() else Samples(t=self.t[kept], v=self.v[kept])


def rounded(samples: Samples, digits: int = 6) -> Samples:
    """Return the samples without errors of binary fractions: 2562 / 5 - 500 is 12.4 on paper."""
    return Samples(t=samples.t, v=np.round(samples.v, digits))


def samples_in_order(samples: Samples) -> Samples:
    """Return the samples in order of time; of several at the same instant the last counts."""
    if bool((samples.t[1:] > samples.t[:-1]).all()):
        return samples
    # The sort must be stable: the order of the file decides between samples at the same instant.
    order = np.argsort(samples.t, kind="stable")
    t, v = samples.t[order], samples.v[order]
    last = np.ones(len(t), dtype=np.bool_)
    last[:-1] = t[1:] != t[:-1]
    return Samples(t=t[last], v=v[last])


def samples_within(
    samples: Samples, times: tuple[int, int], values: tuple[float, float]
) -> Samples:
    """Return the samples with first <= t < end and floor <= v <= ceiling."""
    kept = (
        (samples.t >= times[0])
        & (samples.t < times[1])
        & (samples.v >= values[0])
        & (samples.v <= values[1])
    )
    return samples.where(kept)


def doubled(samples: Samples, spans: Iterable[tuple[int, int]]) -> Samples:
    """Return the samples, doubled where start <= t <= end of any span (strides to steps)."""
    ordered = sorted(spans)
    if not ordered:
        return samples
    starts = np.array([start for start, _ in ordered], np.int64)
    # Spans may overlap. A sample lies in some span if the furthest end of all spans that begin
    # before it is not before it.
    reached = np.maximum.accumulate(np.array([end for _, end in ordered], np.int64))
    position = np.searchsorted(starts, samples.t, side="right") - 1
    inside = (position >= 0) & (samples.t <= reached[position])
    return Samples(t=samples.t, v=np.where(inside, 2 * samples.v, samples.v))
