"""Reads the samples of a patient as columns by source, without retracted samples.

Rollups and timelines are computed from these columns. It never writes and takes no lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model.calendar import HOUR_MS
from model.columns.window import SampleColumn
from model.metrics import METRIC_BY_ID
from model.spans import Span, merge, outer
from storage.facts import retractions, sample_reads
from storage.facts.sample_reads import SampleQuery, current_column
from storage.pg.pool import Connection

ALL_METRICS = tuple(METRIC_BY_ID)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceColumn:
    """A column of samples, and the stored id of its source."""

    source_id: int
    column: SampleColumn


async def read_hours(
    conn: Connection, patient: int, spans: Iterable[Span], metrics: Sequence[int] = ALL_METRICS
) -> list[SourceColumn]:
    """Return the samples of some metrics (ids) of a patient (by id) in all UTC hours of the spans.

    Hours are complete even where a span covers only a part, because the quality of samples is
    decided for each hour. The caller cuts the columns afterwards.
    """
    # touching hours are merged, so that each stored sample is read once
    hours = merge((outer(span, HOUR_MS) for span in spans), gap_ms=0)
    mask = (await retractions.intervals(conn, {patient: hours}))[patient]
    queries: list[SampleQuery] = []
    for metric in metrics:
        # the revision of each sample costs reading time; only a deletion compares it
        revisions = mask.touches(METRIC_BY_ID[metric].name)
        queries += [
            SampleQuery(span=hour, patient=patient, metric=metric, revisions=revisions)
            for hour in hours
        ]
    samples = await sample_reads.read_samples(conn, queries)
    records = ((patient, item.record) for item in samples)
    await retractions.add_records(conn, {patient: mask}, records)
    columns: list[SourceColumn] = []
    for item in samples:
        column = current_column(item, mask)
        if column is not None:
            columns.append(SourceColumn(source_id=item.source_id, column=column))
    return columns
