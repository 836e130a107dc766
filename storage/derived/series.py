"""Reads the samples that speak: records superseded, deletions masked, values accepted, one source a minute.

This is what bands are made of, and what answers where bands cannot. It never writes and takes no lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model.calendar import HOUR_MS
from model.facts import Source
from model.metrics import METRIC, METRIC_BY_ID, METRICS
from model.spans import Span, merge, outer
from storage.derived import window_samples
from storage.facts import retractions
from storage.pg.pool import Connection
from stream.compute.series.reported_columns import reported_series
from stream.compute.series.resolve import ResolvedMetric, resolve

EVERY = tuple(row.id for row in METRICS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """What speaks, by the id of its metric, and the surrogate of every source that was heard."""

    numbers: dict[Source, int]
    resolved: dict[int, ResolvedMetric]


async def read(
    conn: Connection, patient: int, spans: Iterable[Span], metrics: Sequence[int] = EVERY
) -> Read:
    """Return the samples of some metrics of a patient (a surrogate) in the whole UTC hours that the spans touch.

    Whole hours, because which samples count is decided within them: the caller cuts.
    """
    total = merge((outer(span, HOUR_MS) for span in spans), gap_ms=0)
    mask = (await retractions.intervals(conn, {patient: total}))[patient]
    requested = [
        window_samples.Asked(
            span=span,
            patient=patient,
            metric=metric,
            revisions=mask.touches(METRIC_BY_ID[metric].name),
        )
        for metric in metrics
        for span in total
    ]
    matches = await window_samples.read(conn, requested)
    await retractions.add_records(
        conn, {patient: mask}, ((patient, item.record) for item in matches)
    )
    selected = [
        (item.number, current)
        for item in matches
        if (current := window_samples.column(item, mask)) is not None
    ]
    resolved = {
        METRIC[name].id: resolve(name, result)
        for name, result in reported_series(column for _, column in selected).items()
    }
    numbers = {column.source: number for number, column in selected}
    return Read(numbers=numbers, resolved=dict(sorted(resolved.items())))
