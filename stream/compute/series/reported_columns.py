"""Columns of samples as they were told, joined to one series a metric and source. Never mixes two sources.

Nothing here depends on the order of its input. What cannot be a reading gets its code here, and only here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.columns.runs import is_run_end
from model.facts import Instants, Source, Values
from model.metrics import METRIC
from model.window import SampleColumn
from stream.compute.series.quality import ACCEPTED, OUT_OF_RANGE, Codes, screen_heart_rate
from stream.compute.series.sources import source_order

HEART = "heart_rate"
CADENCE = "cadence"
STEPS = "steps"
SPEED = "speed"
POWER = "power"
METS = "mets"
OXYGEN = "oxygen_uptake"

DAY_METRICS: tuple[str, ...] = (HEART, CADENCE, STEPS)  # wanted for every minute of a date
SESSION_METRICS: tuple[str, ...] = (SPEED, POWER, METS, OXYGEN)  # wanted within sessions only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportedSeries:
    """One metric from one source: `t` int64[n] strictly increasing, `v` float64[n], `codes` uint8[n] of `quality`.

    What was told stays whole; only samples of code 0 speak.
    """

    metric: str
    source: Source
    t: Instants
    v: Values
    codes: Codes

    def accepted(self) -> "ReportedSeries":
        """Return the samples that speak."""
        kept = self.codes == ACCEPTED
        return self if kept.all() else self._of(kept)

    def within(self, start_ms: int, end_ms: int) -> "ReportedSeries":
        """Return the samples in [start, end), as views."""
        low, high = np.searchsorted(self.t, (start_ms, end_ms))
        return self._of(slice(int(low), int(high)))

    def _of(self, some: slice | NDArray[np.bool_]) -> "ReportedSeries":
        return replace(self, t=self.t[some], v=self.v[some], codes=self.codes[some])


def reported_series(columns: Iterable[SampleColumn]) -> Mapping[str, tuple[ReportedSeries, ...]]:
    """Return the series of each metric, best speaker first. At one instant the greater (record, value) stands."""
    values: dict[str, dict[Source, list[SampleColumn]]] = defaultdict(lambda: defaultdict(list))
    for column in columns:
        values[column.metric][column.source].append(column)
    return {
        metric: tuple(
            _series(metric, source, by_source[source])
            for source in sorted(by_source, key=source_order)
        )
        for metric, by_source in values.items()
    }


def _series(metric: str, source: Source, columns: Sequence[SampleColumn]) -> ReportedSeries:
    t, v = _joined(columns)
    codes = screen_heart_rate(t, v) if metric == HEART else _bounded(metric, v)
    return ReportedSeries(metric=metric, source=source, t=t, v=v, codes=codes)


def _joined(columns: Sequence[SampleColumn]) -> tuple[Instants, Values]:
    """Return the samples of all records in time, one an instant."""
    columns = sorted((c for c in columns if len(c.t)), key=lambda c: int(c.t[0]))
    t = np.concatenate([c.t for c in columns]) if columns else np.empty(0, np.int64)
    v = np.concatenate([c.v for c in columns]) if columns else np.empty(0, np.float64)
    if bool((t[1:] > t[:-1]).all()):
        return t, v
    names = sorted({column.record for column in columns})
    record = np.concatenate([np.full(len(c.t), names.index(c.record)) for c in columns])
    order = np.lexsort((v, record, t))
    t, v = t[order], v[order]
    last = is_run_end(t)
    return t[last], v[last]


def _bounded(metric: str, v: Values) -> Codes:
    row = METRIC[metric]
    with np.errstate(invalid="ignore"):
        return np.where((v >= row.floor) & (v <= row.ceiling), ACCEPTED, OUT_OF_RANGE).astype(
            np.uint8
        )
