"""Reads a metric of a patient over time, as buckets or as a line.

A single source is selected in each minute (`resolve`), so two devices never count twice. An answer
equals what the samples give at that moment, even where rollups are out of date: an hour with a mark
is read from its samples. This module never writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from model.calendar import DAY_MS, HOUR_MS
from model.columns.rollups import Cells
from model.metrics import METRIC
from model.spans import Span, inner, outer, without
from storage.derived import rollups
from storage.facts import current_samples, samples, stale_hours
from storage.pg.pool import Connection
from stream.compute.series.lttb import FEWEST
from stream.compute.series.rollups import (
    cells,
    concatenated,
    over_sources,
    resolved_by_metric,
    wider,
)
from stream.compute.series.timeline import SampleLine, Timeline, as_line, as_timeline, grid

# Eleven days at a sample a second. All of them lie in memory while a line is drawn.
MOST_LINE_SAMPLES = 1_000_000


class TooManySamplesError(ValueError):
    """A line has too many samples to be drawn; a shorter span or buckets can be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """A metric of a patient, both by stored id."""

    patient: int
    metric: int


async def read_timeline(
    conn: Connection, patient: int, metric: str, from_ms: int, to_ms: int, points: int
) -> Timeline:
    """Return at most `points` buckets of a metric of a patient (by id) in [from, to).

    A bucket is a multiple of a UTC day or hour when it is at least that long, else a multiple of a
    minute, a second or a millisecond. Raises `KeyError` for an unknown metric, and `ValueError` for
    an empty span or fewer than one point.
    """
    span = _span(from_ms, to_ms, points, 1)
    unit, width, start = grid(span, points)
    series = _Series(patient=patient, metric=METRIC[metric].id)
    # Only buckets of complete hours or days can use rollups; shorter ones would cut through them.
    if unit == DAY_MS:
        value = await _days(conn, series, span)
    elif unit == HOUR_MS:
        value = await _hours(conn, series, [span], await stale_hours.marked(conn, patient, span))
    else:
        value = await _samples(conn, series, [span], width, start)
    # Sources are merged last: each minute has been given to a single source by now.
    shown = over_sources(wider(value, width, start))
    sources = await rollups.sources_of(conn, shown.source.tolist())
    return as_timeline(shown, sources, width)


async def read_line(
    conn: Connection, patient: int, metric: str, from_ms: int, to_ms: int, points: int
) -> SampleLine:
    """Return at most `points` of the samples in [from, to), selected to keep the shape.

    The first and the last sample are kept. A short peak may be lost; buckets show it. Raises
    `KeyError` for an unknown metric, `ValueError` for an empty span or fewer than two points, and
    `TooManySamplesError` above `MOST_LINE_SAMPLES` samples.
    """
    span = _span(from_ms, to_ms, points, FEWEST)
    number = METRIC[metric].id
    # Counting stops one above the limit, however many samples there are.
    if await samples.count(conn, patient, number, span, MOST_LINE_SAMPLES + 1) > MOST_LINE_SAMPLES:
        message = f"more than {MOST_LINE_SAMPLES:,} samples: a line is drawn of fewer"
        raise TooManySamplesError(message)
    columns = await current_samples.read_hours(conn, patient, [span], [number])
    resolved = resolved_by_metric(item.column for item in columns).get(number)
    return as_line(resolved, from_ms, to_ms, points)


def _span(from_ms: int, to_ms: int, points: int, fewest: int) -> Span:
    if not from_ms < to_ms or points < fewest:
        raise ValueError(f"an empty span, or fewer than {fewest} points")
    return Span(start_ms=from_ms, end_ms=to_ms)


async def _days(conn: Connection, series: _Series, span: Span) -> Cells:
    """Return the rollups of days without a mark, and the hours of all other days."""
    marked = await stale_hours.marked(conn, series.patient, outer(span, DAY_MS))
    # A marked hour makes the rollup of its UTC day stale as well.
    clean = without([inner(span, DAY_MS)], [outer(item, DAY_MS) for item in marked])
    days = await _rollups(conn, rollups.DAY_ROLLUPS, series, clean)
    return concatenated([*days, await _hours(conn, series, without([span], clean), marked)])


async def _hours(
    conn: Connection, series: _Series, spans: Sequence[Span], marked: Sequence[Span]
) -> Cells:
    """Return the rollups of hours without a mark, and the samples of all other hours."""
    clean = without([inner(span, HOUR_MS) for span in spans], marked)
    hours = await _rollups(conn, rollups.HOUR_ROLLUPS, series, clean)
    rest = await _samples(conn, series, without(spans, clean), HOUR_MS, 0)
    return concatenated([*hours, rest])


async def _rollups(
    conn: Connection, table: rollups.RollupTable, series: _Series, spans: Sequence[Span]
) -> list[Cells]:
    patient, metric = series.patient, series.metric
    return [await rollups.read_rollups(conn, table, patient, metric, span) for span in spans]


async def _samples(
    conn: Connection, series: _Series, spans: Sequence[Span], width_ms: int, start_ms: int
) -> Cells:
    """Return the samples of these spans as cells."""
    columns = await current_samples.read_hours(conn, series.patient, spans, [series.metric])
    resolved = resolved_by_metric(item.column for item in columns).get(series.metric)
    if resolved is None:
        return concatenated(())
    ids = {item.column.source: item.source_id for item in columns}
    parts = []
    for span in spans:
        bounds = (span.start_ms, span.end_ms)
        parts.append(cells(resolved, ids, bounds, width_ms, start_ms))
    return concatenated(parts)
