"""A metric over time in a limited number of points.

The points are either buckets of samples (`Timeline`) or selected samples (`SampleLine`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.columns.rollups import Cells, Integers
from model.facts import Instants, Source, Values
from model.spans import Span
from stream.compute.series.lttb import lttb
from stream.compute.series.resolved_metric import ResolvedMetric

# Buckets of full units keep their edges when a reader moves the span, so no bar jumps.
UNITS_MS = (DAY_MS, HOUR_MS, MINUTE_MS, 1000, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline:
    """The buckets that hold samples, in order of time, as columns of equal length.

    `t` int64 epoch ms is where a bucket begins; the first may begin before the span, but its
    samples do not. `n` int64 is the number of samples. `minimum`, `mean` and `maximum` are float64
    in the metric's unit. `source` int64 is the position in `sources` of the source with most
    samples of the bucket. `width_ms` is the length of each bucket in ms.
    """

    width_ms: int
    sources: tuple[Source, ...]
    t: Instants
    n: Integers
    minimum: Values
    mean: Values
    maximum: Values
    source: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleLine:
    """Selected samples as measured, in order of time.

    `t` int64 epoch ms, strictly increasing; `v` float64 in the metric's unit. `source` int64 is the
    position in `sources` of each sample's source. The samples were selected from `of` samples.
    """

    sources: tuple[Source, ...]
    t: Instants
    v: Values
    source: Integers
    of: int


def grid(span: Span, points: int) -> tuple[int, int, int]:
    """Return the unit, the length and the start of at most `points` buckets over a span, in ms.

    Buckets are multiples of the unit: a day, an hour, a minute, a second or a millisecond.

    >>> grid(Span(start_ms=1_800_000, end_ms=10 * 3_600_000), 3)
    (3600000, 14400000, 0)
    """
    unit = next((u for u in UNITS_MS if u * points <= span.end_ms - span.start_ms), 1)
    start = span.start_ms // unit * unit
    # Rounded up twice, so that `points` buckets always reach the end of the span.
    return unit, -(-(span.end_ms - start) // (unit * points)) * unit, start


def as_timeline(value: Cells, sources: Mapping[int, Source], width_ms: int) -> Timeline:
    """Return cells as buckets.

    `value` has at most one cell for each instant. `sources` must have every source of the cells, by
    stored id.
    """
    # Ids are those of the database; a reader gets positions in a short list of sources instead.
    ids, index = np.unique(value.source, return_inverse=True)
    return Timeline(
        width_ms=width_ms,
        sources=tuple(sources[number] for number in ids.tolist()),
        t=value.at,
        n=value.n,
        minimum=value.low,
        mean=value.total / value.n,
        maximum=value.high,
        source=index,
    )


def as_line(resolved: ResolvedMetric | None, from_ms: int, to_ms: int, points: int) -> SampleLine:
    """Return at most `points` of the samples in [from_ms, to_ms), selected by LTTB.

    Without samples the line is empty.
    """
    if resolved is None:
        none = np.empty(0, np.int64)
        return SampleLine(sources=(), t=none, v=np.empty(0, np.float64), source=none, of=0)
    low, high = np.searchsorted(resolved.series.t, (from_ms, to_ms))
    t, v = resolved.series.t[low:high], resolved.series.v[low:high]
    # Samples are chosen and never averaged, so each point of the line was truly measured.
    kept = lttb(t, v, points)
    source = resolved.source_index[low:high][kept]
    return SampleLine(sources=resolved.sources, t=t[kept], v=v[kept], source=source, of=len(t))
