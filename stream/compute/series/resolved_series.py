"""The samples alone of a resolved metric, in order of time."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values
from stream.compute.pieces import Pieces


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResolvedSeries:
    """The accepted samples of the selected sources.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] in the metric's unit. `hold` int64[n]
    is the longest time in ms for which each sample holds; it differs between sources.
    """

    metric: str
    t: Instants
    v: Values
    hold: NDArray[np.int64]

    def within(self, start_ms: int, end_ms: int) -> "ResolvedSeries":
        """Return the samples in [start_ms, end_ms), as views of the columns."""
        low, high = self.t.searchsorted((start_ms, end_ms))
        return ResolvedSeries(
            metric=self.metric, t=self.t[low:high], v=self.v[low:high], hold=self.hold[low:high]
        )

    def without(self, pauses: Pieces) -> "ResolvedSeries":
        """Return the samples outside of pauses; none of them holds into a pause."""
        if not pauses or not len(self.t):
            return self
        edges = np.array(pauses, np.int64)
        begins, ends = edges[:, 0], edges[:, 1]
        # The pause that began last before a sample is the only one that can hold it.
        last = np.searchsorted(begins, self.t, side="right") - 1
        inside = (last >= 0) & (self.t < ends[last])
        following = np.append(begins, np.iinfo(np.int64).max)[last + 1]
        hold = np.minimum(self.hold, following - self.t)
        kept = ~inside
        return replace(self, t=self.t[kept], v=self.v[kept], hold=hold[kept])
