"""Samples that speak, as cells of time: how many, least, greatest, sum, of each source. Pure; chooses nothing itself.

Which source speaks is decided a minute at a time (`resolve`), and which samples count an hour at a time
(`quality.hygiene`): so an hour's cells are a function of that hour's samples, and cells of several hours add up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS
from model.columns.runs import is_run_start
from model.facts import Instants, Source, Values
from stream.compute.series.resolve import ResolvedMetric

Integers = NDArray[np.int64]
_EMPTY = (np.empty(0, np.int64), np.empty(0, np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Columns of equal length, a row a cell: where it begins, and the number its source is known by.

    `at` int64 epoch ms, `source` int64, `n` int64 samples; `low`, `high` and `total` float64 in the metric's unit.
    """

    at: Instants
    source: Integers
    n: Integers
    low: Values
    high: Values
    total: Values


NAMES = ("at", "source", "n", "low", "high", "total")


def cells(
    resolved: ResolvedMetric,
    numbers: Mapping[Source, int],
    span: tuple[int, int],
    width_ms: int = HOUR_MS,
    start_ms: int = 0,
) -> Cells:
    """Return the samples of [start, end) as cells of `width_ms`, counted from `start_ms`, by time and source."""
    low, high = np.searchsorted(resolved.series.t, span)
    t, v = resolved.series.t[low:high], resolved.series.v[low:high]
    known = np.array([numbers[source] for source in resolved.sources], np.int64)
    at = start_ms + (t - start_ms) // width_ms * width_ms
    source = known[resolved.source_index[low:high]]
    return _summed(
        at, source, Cells(at=at, source=source, n=np.ones(len(t), np.int64), low=v, high=v, total=v)
    )


def joined(parts: Iterable[Cells]) -> Cells:
    """Return all cells of several sets."""
    total, real = _EMPTY
    none = Cells(at=total, source=total, n=total, low=real, high=real, total=real)
    sets = [none, *parts]
    return Cells(**{name: np.concatenate([getattr(part, name) for part in sets]) for name in NAMES})


def wider(value: Cells, width_ms: int, start_ms: int = 0) -> Cells:
    """Return one cell a source and `width_ms`, counted from `start_ms`, by time and source."""
    at = start_ms + (value.at - start_ms) // width_ms * width_ms
    return _summed(at, value.source, value)


def over_sources(value: Cells) -> Cells:
    """Return one cell an instant, by time; `source` is the one with most samples, of equals the lower number."""
    order = np.lexsort((value.source, -value.n, value.at))
    most = value.source[order][is_run_start(value.at[order])]
    summed = _summed(value.at, np.zeros(len(value.at), np.int64), value)
    return Cells(**{name: getattr(summed, name) for name in NAMES if name != "source"}, source=most)


def _summed(at: Instants, source: Integers, value: Cells) -> Cells:
    """Return the cells of each (instant, source) as one. Sums are taken in order of time: no other order, no others."""
    order = np.lexsort((value.at, source, at))
    at, source = at[order], source[order]
    starts = np.flatnonzero(is_run_start(at) | is_run_start(source))
    if not len(starts):
        return joined(())
    return Cells(
        at=at[starts],
        source=source[starts],
        n=np.add.reduceat(value.n[order], starts),
        low=np.minimum.reduceat(value.low[order], starts),
        high=np.maximum.reduceat(value.high[order], starts),
        total=np.add.reduceat(value.total[order], starts),
    )
