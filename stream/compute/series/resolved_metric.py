"""A metric as resolved: its samples, and which source was selected in which minute, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.columns.rollups import Integers
from model.facts import Instants, Source
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.series.sources import STREAMED, hold_times, streamed_hold_times

# Why a source is selected, from the weakest to the strongest reason.
SELECTION_REASONS = ("only", "name", "samples", "rank", "coverage")

# Where a series is cut, the hold of this many samples may change. This many show how they hold.
_EDGE, _SEEN = 2, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResolvedMetric:
    """The samples of the selected sources of a metric, and which source was selected when.

    `series` holds the samples, and `source_index` int64[n] the position in `sources` of each
    sample's source. `minutes` int64[m] are the epoch minutes with a sample, increasing. For each of
    them `selected` int64[m] is the position in `sources` of the selected source, and `why` int64[m]
    the position in `SELECTION_REASONS` of the reason.
    """

    metric: str
    sources: tuple[Source, ...]
    series: ResolvedSeries
    source_index: Integers
    minutes: Instants
    selected: Integers
    why: Integers

    def within(self, start_ms: int, end_ms: int) -> ResolvedSeries:
        """Return the samples in [start_ms, end_ms), as views of the columns."""
        return self.series.within(start_ms, end_ms)

    def since(self, start_ms: int) -> "ResolvedMetric":
        """Return the metric without the samples before an instant.

        The first of them hold as if nothing came before, because the result must not depend on
        whether earlier samples are loaded. The minutes and the selection stay as they are.
        """
        low = int(self.series.t.searchsorted(start_ms))
        if not low:
            return self
        t, index = self.series.t[low:], self.source_index[low:]
        hold = self.series.hold[low:].copy()
        hold[:_EDGE] = selected_holds(self.sources, t[:_SEEN], index[:_SEEN])[:_EDGE]
        series = ResolvedSeries(metric=self.metric, t=t, v=self.series.v[low:], hold=hold)
        return replace(self, series=series, source_index=index)

    def before(self, end_ms: int) -> "ResolvedMetric":
        """Return the metric without the samples at or after an instant.

        The last of them hold as if nothing followed, because the result must not depend on whether
        later samples are loaded. The minutes and the selection stay as they are.
        """
        high = int(self.series.t.searchsorted(end_ms))
        if high == len(self.series.t):
            return self
        t, index = self.series.t[:high], self.source_index[:high]
        hold, edge = self.series.hold[:high].copy(), max(0, high - _EDGE)
        hold[edge:] = selected_holds(self.sources, t[-_SEEN:], index[-_SEEN:])[-_EDGE:]
        series = ResolvedSeries(metric=self.metric, t=t, v=self.series.v[:high], hold=hold)
        return replace(self, series=series, source_index=index)

    def main_source(self, start_ms: int, end_ms: int) -> Source | None:
        """Return the source of most samples in [start_ms, end_ms), None without samples.

        Of sources with equally many samples the best ranked is returned.
        """
        inside = self._indices(start_ms, end_ms)
        # `argmax` takes the first of equals, and sources are ordered from the best.
        counts = np.bincount(inside, minlength=len(self.sources))
        return self.sources[int(np.argmax(counts))] if len(inside) else None

    def sources_between(self, start_ms: int, end_ms: int) -> frozenset[Source]:
        """Return the sources of the samples in [start_ms, end_ms)."""
        present = np.unique(self._indices(start_ms, end_ms)).tolist()
        return frozenset(self.sources[index] for index in present)

    def _indices(self, start_ms: int, end_ms: int) -> Integers:
        low, high = np.searchsorted(self.series.t, (start_ms, end_ms))
        return self.source_index[low:high]


def selected_holds(sources: Sequence[Source], t: Instants, index: Integers) -> Integers:
    """Return for how long each of the selected samples holds at most, int64[n] in ms.

    `index` int64[n] is the position in `sources` of each sample's source.
    """
    streamed = [source.method in STREAMED for source in sources]
    if not any(streamed):
        return hold_times(t)
    if all(streamed):
        return streamed_hold_times(t, index)
    return np.where(np.array(streamed)[index], streamed_hold_times(t, index), hold_times(t))
