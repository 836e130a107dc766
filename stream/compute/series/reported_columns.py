"""Merges columns of samples into a series for each metric and source, as the source reported it.

Here whoever measured reports: a watch, a phone, a person. A *reported session* is another thing: a
session that the patient told of (`sessions/candidates.py`).

Two sources are never mixed, and the order of the input does not matter. Each sample gets its
quality code here and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.columns.runs import is_run_end
from model.columns.window import SampleColumn
from model.facts import Instants, Source, Values
from model.metrics import METRIC
from stream.compute.series.counts import SpreadCounts, are_counts, spread_counts
from stream.compute.series.quality import CODE_ACCEPTED, CODE_OUT_OF_RANGE, Codes, screen_heart_rate
from stream.compute.series.sources import source_order

HEART = "heart_rate"
CADENCE = "cadence"
STEPS = "steps"
SPEED = "speed"
POWER = "power"
METS = "mets"
OXYGEN = "oxygen_uptake"
WEAR = "wear"

# Needed for every minute of a date; speed, because it shows that a bout has movement.
DAY_METRICS: tuple[str, ...] = (HEART, CADENCE, STEPS, SPEED)
SESSION_METRICS: tuple[str, ...] = (POWER, METS, OXYGEN)  # needed within sessions only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportedSeries:
    """All samples of a metric that a source reported; counts are spread over their minutes.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] in the metric's unit; `codes`
    uint8[n] as in `quality`. Only samples with code 0 count. Of counts, `cover` int64[n] is how
    much of its minute each part holds for and `length` int64[n] how long its count holds, in ms;
    None for what is measured at instants.
    """

    metric: str
    source: Source
    t: Instants
    v: Values
    codes: Codes
    cover: NDArray[np.int64] | None = None
    length: NDArray[np.int64] | None = None

    def accepted(self) -> "ReportedSeries":
        """Return the samples that count."""
        accepted = self.codes == CODE_ACCEPTED
        return self if accepted.all() else self._part(accepted)

    def within(self, start_ms: int, end_ms: int) -> "ReportedSeries":
        """Return the samples in [start_ms, end_ms), as views of the columns."""
        low, high = self.t.searchsorted((start_ms, end_ms))
        return self._part(slice(int(low), int(high)))

    def _part(self, part: slice | NDArray[np.bool_]) -> "ReportedSeries":
        return ReportedSeries(
            metric=self.metric,
            source=self.source,
            t=self.t[part],
            v=self.v[part],
            codes=self.codes[part],
            cover=None if self.cover is None else self.cover[part],
            length=None if self.length is None else self.length[part],
        )


def reported_series(columns: Iterable[SampleColumn]) -> Mapping[str, tuple[ReportedSeries, ...]]:
    """Return the series of each metric, best ranked source first.

    Of several samples of a source at the same instant, the sample with the greatest (record, value)
    stays.
    """
    by_source: dict[tuple[str, Source], list[SampleColumn]] = defaultdict(list)
    for column in columns:
        by_source[column.metric, column.source].append(column)
    by_metric: dict[str, list[ReportedSeries]] = defaultdict(list)
    for (metric, source), same in by_source.items():
        by_metric[metric].append(_series(metric, source, same))
    best_first: dict[str, tuple[ReportedSeries, ...]] = {}
    for metric, series in by_metric.items():
        best_first[metric] = tuple(sorted(series, key=_source_order))
    return best_first


def _source_order(series: ReportedSeries) -> tuple[int, tuple[str, ...]]:
    return source_order(series.source)


def _series(metric: str, source: Source, columns: Sequence[SampleColumn]) -> ReportedSeries:
    if are_counts(columns):
        return _counted(metric, source, spread_counts(columns))
    t, v = _merged(columns)
    codes = screen_heart_rate(t, v) if metric == HEART else _range_codes(metric, v)
    return ReportedSeries(metric=metric, source=source, t=t, v=v, codes=codes)


def _counted(metric: str, source: Source, parts: SpreadCounts) -> ReportedSeries:
    return ReportedSeries(
        metric=metric,
        source=source,
        t=parts.t,
        v=parts.v,
        codes=_range_codes(metric, parts.v),
        cover=parts.cover,
        length=parts.length,
    )


def _merged(columns: Iterable[SampleColumn]) -> tuple[Instants, Values]:
    """Return the samples of all records in order of time, with strictly increasing instants."""
    filled = sorted((row for row in columns if len(row.t)), key=lambda row: int(row.t[0]))
    if not filled:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    t = np.concatenate([row.t for row in filled])
    v = np.concatenate([row.v for row in filled])
    if bool((t[1:] > t[:-1]).all()):  # the usual case: records that follow each other
        return t, v
    # Records overlap. After sorting by time, record and value the last of equal instants stays, so
    # the order in which records arrived does not matter.
    names = sorted({row.record for row in filled})
    rank = {name: number for number, name in enumerate(names)}  # numbers sort faster than names
    record = np.concatenate([np.full(len(row.t), rank[row.record]) for row in filled])
    order = np.lexsort((v, record, t))
    t, v = t[order], v[order]
    last = is_run_end(t)
    return t[last], v[last]


def _range_codes(metric: str, v: Values) -> Codes:
    row = METRIC[metric]
    with np.errstate(invalid="ignore"):  # NaN is out of range, too
        within = (v >= row.floor) & (v <= row.ceiling)
    return np.where(within, CODE_ACCEPTED, CODE_OUT_OF_RANGE).astype(np.uint8)
