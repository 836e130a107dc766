"""The selected samples of a metric in order of time, whatever their sources."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values


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
        low, high = np.searchsorted(self.t, (start_ms, end_ms))
        return ResolvedSeries(
            metric=self.metric, t=self.t[low:high], v=self.v[low:high], hold=self.hold[low:high]
        )
