"""Adds up the samples of the selected sources as cells of time.

Sources are selected minute by minute (`resolve`), and samples are accepted hour by hour
(`quality`). So the cells of an hour depend on the samples of that hour only, and the cells of
several hours can be added up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from model.calendar import HOUR_MS
from model.columns.rollups import Cells, Integers
from model.columns.runs import is_run_start
from model.columns.window import SampleColumn
from model.facts import Instants, Source
from model.metrics import METRIC
from stream.compute.series.reported_columns import reported_series
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.source_selection import resolve

_NAMES = ("at", "source", "n", "low", "high", "total")


def resolved_by_metric(columns: Iterable[SampleColumn]) -> dict[int, ResolvedMetric]:
    """Return the samples of the selected sources by stored metric id, in order of ids."""
    resolved: dict[int, ResolvedMetric] = {}
    for name, series in reported_series(columns).items():
        resolved[METRIC[name].id] = resolve(name, series)
    return dict(sorted(resolved.items()))


def cells(
    resolved: ResolvedMetric,
    source_ids: Mapping[Source, int],
    span: tuple[int, int],
    width_ms: int = HOUR_MS,
    start_ms: int = 0,
) -> Cells:
    """Return the samples of a span as cells, in order of time and source.

    `span` is [start, end) in epoch ms. Cells are `width_ms` long, counted from `start_ms`.
    `source_ids` must have the stored id of every source.
    """
    low, high = np.searchsorted(resolved.series.t, span)
    t, v = resolved.series.t[low:high], resolved.series.v[low:high]
    ids = np.array([source_ids[source] for source in resolved.sources], np.int64)
    # Floor division rounds down below `start_ms` too, where a rounding towards 0 would not.
    at = start_ms + (t - start_ms) // width_ms * width_ms
    source = ids[resolved.source_index[low:high]]
    n = np.ones(len(t), np.int64)
    return _summed(at, source, Cells(at=at, source=source, n=n, low=v, high=v, total=v))


def concatenated(parts: Iterable[Cells]) -> Cells:
    """Return the cells of all parts, in the order of the parts."""
    integers, floats = np.empty(0, np.int64), np.empty(0, np.float64)
    # Without any part there is nothing to concatenate, so an empty part always comes first.
    none = Cells(at=integers, source=integers, n=integers, low=floats, high=floats, total=floats)
    sets = [none, *parts]
    columns = {}
    for name in _NAMES:
        columns[name] = np.concatenate([getattr(part, name) for part in sets])
    return Cells(**columns)


def wider(value: Cells, width_ms: int, start_ms: int = 0) -> Cells:
    """Return the cells added up to wider cells, in order of time and source.

    The wider cells are `width_ms` long, counted from `start_ms` (epoch ms).
    """
    at = start_ms + (value.at - start_ms) // width_ms * width_ms
    return _summed(at, value.source, value)


def over_sources(value: Cells) -> Cells:
    """Return the cells of each instant added up over all sources, in order of time.

    `source` is the source with most samples, of equals that with the lower id.
    """
    # The last key sorts first: by instant, then most samples, then the lower id.
    order = np.lexsort((value.source, -value.n, value.at))
    most = value.source[order][is_run_start(value.at[order])]
    summed = _summed(value.at, np.zeros(len(value.at), np.int64), value)
    return replace(summed, source=most)


def _summed(at: Instants, source: Integers, value: Cells) -> Cells:
    """Return the cells of each (instant, source) added up to a single cell.

    Cells are added in order of time, because another order gives other floating-point sums.
    """
    order = np.lexsort((value.at, source, at))
    at, source = at[order], source[order]
    starts = np.flatnonzero(is_run_start(at) | is_run_start(source))
    if not len(starts):  # `reduceat` refuses an empty column
        return concatenated(())
    return Cells(
        at=at[starts],
        source=source[starts],
        n=np.add.reduceat(value.n[order], starts),
        low=np.minimum.reduceat(value.low[order], starts),
        high=np.maximum.reduceat(value.high[order], starts),
        total=np.add.reduceat(value.total[order], starts),
    )
