"""A metric of one patient over time, never more points than asked: bands of minimum, mean and maximum, or a line.

Over all sources: in each minute one of them speaks (`resolve`), so that two devices never count twice. What is
answered equals what the samples say at that moment (`series`), whether or not the bands are refreshed. It never writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, utc
from model.facts import Instants, Source, Values
from model.metrics import METRIC
from model.spans import Span, inner, outer, without
from storage.derived import rollups
from storage.derived.series import read
from storage.pg.pool import Connection
from stream.compute.series.lttb import FEWEST, lttb
from stream.compute.series.rollups import Cells, cells, joined, over_sources, wider

UNITS_MS = (DAY_MS, HOUR_MS, MINUTE_MS, 1000, 1)
LINE_SAMPLES = 1_000_000
_MORE = """
select count(*) from (
  select from sample where patient = %s and metric = %s and time >= %s and time < %s limit %s) x"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline:
    """Buckets that hold samples, by time; five columns of equal length, each value in the metric's unit.

    `t` int64 epoch ms where a bucket begins (the first may begin before `from_ms`; its samples do not), `n` int64
    samples, `minimum`, `mean`, `maximum` float64; `source` int64 is the place in `sources` of the source with most of
    the bucket's samples. `width_ms` is the length of every bucket.
    """

    width_ms: int
    sources: tuple[Source, ...]
    t: Instants
    n: NDArray[np.int64]
    minimum: Values
    mean: Values
    maximum: Values
    source: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Samples as measured, by time: `t` int64 epoch ms, strictly increasing, `v` float64 in the metric's unit.

    `source` int64 is the place in `sources` of who measured each; `of` is how many samples the line was drawn from.
    """

    sources: tuple[Source, ...]
    t: Instants
    v: Values
    source: NDArray[np.int64]
    of: int


class TooManySamplesError(ValueError):
    """A line over so many samples that it is not drawn: a shorter span, or the bands, must be asked for."""


async def timeline(
    conn: Connection, patient_number: int, metric: str, from_ms: int, to_ms: int, points: int
) -> Timeline:
    """Return at most `points` buckets of one metric of a patient (a surrogate, `people.patient_id`) in [from, to).

    Buckets are of whole UTC days or hours where they are at least that long, else of whole minutes, seconds or
    milliseconds. Raises `KeyError` for a metric that is not in the registry, ValueError for an empty span or fewer
    than one point.
    """
    span = _span(from_ms, to_ms, points, 1)
    unit, width, start = grid(span, points)
    requested = _Asked(patient=patient_number, metric=METRIC[metric].id)
    if unit == DAY_MS:
        days = await _days(conn, requested, span)
    elif unit == HOUR_MS:
        days = await _hours(
            conn, requested, [span], await rollups.dirty(conn, patient_number, span)
        )
    else:
        days = await _samples(conn, requested, [span], width, start)
    shown = over_sources(wider(days, width, start))
    return _shown(shown, await rollups.sources_of(conn, shown.source.tolist()), width)


async def line(
    conn: Connection, patient_number: int, metric: str, from_ms: int, to_ms: int, points: int
) -> Line:
    """Return at most `points` of the samples in [from, to), chosen by LTTB, which keeps the shape of the curve.

    The first and the last sample are kept; a short peak may not be, which is what bands are for. Raises `KeyError` for
    a metric that is not in the registry, ValueError for an empty span or fewer than two points, and
    `TooManySamplesError` above `LINE_SAMPLES` samples.
    """
    span = _span(from_ms, to_ms, points, FEWEST)
    number = METRIC[metric].id
    counted = await conn.execute(
        _MORE, [patient_number, number, utc(from_ms), utc(to_ms), LINE_SAMPLES + 1]
    )
    if (await counted.fetchall())[0][0] > LINE_SAMPLES:
        raise TooManySamplesError(f"more than {LINE_SAMPLES:,} samples: a line is drawn of fewer")
    resolved = (await read(conn, patient_number, [span], [number])).resolved.get(number)
    if resolved is None:
        return Line(
            sources=(), t=np.empty(0, np.int64), v=np.empty(0), source=np.empty(0, np.int64), of=0
        )
    low, high = np.searchsorted(resolved.series.t, (from_ms, to_ms))
    t, v, owner = (
        resolved.series.t[low:high],
        resolved.series.v[low:high],
        resolved.source_index[low:high],
    )
    kept = lttb(t, v, points)
    return Line(sources=resolved.sources, t=t[kept], v=v[kept], source=owner[kept], of=len(t))


def grid(span: Span, points: int) -> tuple[int, int, int]:
    """Return the unit and the length of at most `points` buckets over a span, and where the first begins, in ms.

    >>> grid(Span(start_ms=1_800_000, end_ms=10 * 3_600_000), 3)
    (3600000, 14400000, 0)
    """
    unit = next((u for u in UNITS_MS if u * points <= span.end_ms - span.start_ms), 1)
    start = span.start_ms // unit * unit
    return unit, -(-(span.end_ms - start) // (unit * points)) * unit, start


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whose what, both as surrogates."""

    patient: int
    metric: int


def _span(from_ms: int, to_ms: int, points: int, fewest: int) -> Span:
    if not from_ms < to_ms or points < fewest:
        raise ValueError(f"an empty span, or fewer than {fewest} points")
    return Span(start_ms=from_ms, end_ms=to_ms)


async def _days(conn: Connection, value: _Asked, span: Span) -> Cells:
    """Return day bands where no mark lies, and the hours of all other days."""
    marked = await rollups.dirty(conn, value.patient, outer(span, DAY_MS))
    clean = without([inner(span, DAY_MS)], [outer(item, DAY_MS) for item in marked])
    total = [await rollups.days(conn, value.patient, value.metric, item) for item in clean]
    return joined([*total, await _hours(conn, value, without([span], clean), marked)])


async def _hours(
    conn: Connection, value: _Asked, spans: Sequence[Span], marked: Sequence[Span]
) -> Cells:
    """Return hour bands where no mark lies, and the samples of all other hours."""
    clean = without([inner(span, HOUR_MS) for span in spans], marked)
    total = [await rollups.hours(conn, value.patient, value.metric, item) for item in clean]
    return joined([*total, await _samples(conn, value, without(spans, clean), HOUR_MS, 0)])


async def _samples(
    conn: Connection, value: _Asked, spans: Sequence[Span], width_ms: int, start_ms: int
) -> Cells:
    """Return the samples of these spans as cells."""
    result = await read(conn, value.patient, spans, [value.metric])
    resolved = result.resolved.get(value.metric)
    bounds = [(span.start_ms, span.end_ms) for span in spans] if resolved else []
    return joined(
        cells(resolved, result.numbers, bound, width_ms, start_ms) for bound in bounds if resolved
    )


def _shown(value: Cells, sources: Mapping[int, Source], width_ms: int) -> Timeline:
    numbers, position = np.unique(value.source, return_inverse=True)
    return Timeline(
        width_ms=width_ms,
        sources=tuple(sources[number] for number in numbers.tolist()),
        t=value.at,
        n=value.n,
        minimum=value.low,
        mean=value.total / value.n,
        maximum=value.high,
        source=position,
    )
