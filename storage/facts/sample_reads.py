"""Reads samples as columns, for many patients and metrics in one statement. It never writes.

Queries that are close in time share a statement. The statement has the bounds of their time as
constants, so that the planner leaves out the partitions of other months. Each query (patient,
metric, span) is then looked up in the primary key.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.calendar import DAY_MS, utc
from model.columns.window import SampleColumn
from model.fact_properties import BESIDE_MS
from model.facts import Instants, Source, Values
from model.metrics import LONGEST_INTERVAL_MS, METRIC_BY_ID
from model.spans import Span
from model.versions.version_order import VersionOrder
from storage.facts.ids import read_source
from storage.facts.retractions import Retractions
from storage.facts.samples import Put, by_series
from storage.pg import binary_columns
from storage.pg.pool import Connection

_NO_RECORD = VersionOrder(revision=0, stated_ms=0)
STRETCH_GAP_MS = 31 * DAY_MS  # queries further apart than this go to the server separately

# Spans come as epoch ms, because numbers are sent and read faster than dates. `offset 0` keeps the
# bounds of a query from being computed anew for each sample.
_READ = """
select x.patient, x.metric, x.source, s.vendor, s.app, s.device, s.device_type, s.method,
       coalesce(r.record, ''), coalesce(r.revision, 0), coalesce(r.stated_ms, 0),
       x.time, x.value, x.revision, x.span
from (
  select k.patient, k.metric, y.*
  from (
    select q.patient, q.metric, q.revisions, q.spans,
           timestamptz 'epoch' + q.start_ms * interval '1 millisecond' as start,
           timestamptz 'epoch' + (q.start_ms - e.before_ms) * interval '1 millisecond' as low,
           timestamptz 'epoch' + (q.end_ms + e.beside_ms) * interval '1 millisecond' as high,
           timestamptz 'epoch' + (q.start_ms - e.beside_ms) * interval '1 millisecond' as near
    from unnest(%(patients)s::int[], %(metrics)s::smallint[], %(starts)s::bigint[],
                %(ends)s::bigint[], %(revisions)s::bool[], %(spans)s::bool[])
      as q (patient, metric, start_ms, end_ms, revisions, spans)
    cross join lateral (
      select case when q.spans then %(before)s::bigint else 0 end as before_ms,
             case when q.spans then %(beside)s::bigint else 0 end as beside_ms) e
    offset 0) k
  cross join lateral (
    select source, record, array_agg(time) as time, array_agg(value) as value,
           array_agg(revision) filter (where k.revisions) as revision,
           array_agg(span_ms::bigint) filter (where k.spans) as span
    from sample
    where patient = k.patient and metric = k.metric and time >= k.low and time < k.high
      and time >= %(first)s and time < %(last)s
      and (time >= k.near or time + span_ms * interval '1 millisecond' > k.start)
    group by source, record offset 0) y) x
join source s on s.id = x.source
left join record r on r.id = x.record"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleQuery:
    """A request for a metric (its stored id) of a patient (id) in a span.

    With `revisions`, the revision of each sample is read too. Of a metric with intervals it always
    is, and so are the samples that began before the span and hold into it, and those that lie
    `BESIDE_MS` beside it.
    """

    span: Span
    patient: int
    metric: int
    revisions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredSamples:
    """The samples of a record ("": a stream) of one source, in any order of time.

    `t` is int64[n] epoch ms, `v` float64[n] in the metric's unit. `source_id` is the stored id of
    the source, `order` the place of the record's version. `revisions` is int64[n] with the rank
    of each sample if the query requested it, else int64[0]. `spans` is int64[n] with how long each
    sample holds in ms, 0 where no end is stated; int64[0] for a metric without intervals.
    """

    patient: int
    metric: int
    source_id: int
    source: Source
    record: str
    order: VersionOrder
    t: Instants
    v: Values
    revisions: Instants
    spans: Instants


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnwrittenBlock:
    """A block of samples that is not in the table yet, with its source.

    `record` is the name of its record, "" for a stream. `order` is the place of its version.
    """

    put: Put
    source: Source
    record: str
    order: VersionOrder


async def read_samples(
    conn: Connection, queries: Collection[SampleQuery], unwritten: Collection[UnwrittenBlock] = ()
) -> list[StoredSamples]:
    """Return the samples of every query. The spans of one patient and metric must not overlap.

    `unwritten` blocks are returned as if they were in the table. That is right only as long as none
    of their samples is there already: the caller must check that when it writes them.
    """
    samples = list(_from_memory(queries, unwritten))
    async with conn.cursor(binary=True) as cursor:
        binary_columns.arrays_as_bytes(cursor)
        for stretch in _stretches(queries):
            # planned with its constants each time: a prepared plan would open every partition
            await cursor.execute(_READ.encode(), _arguments(stretch), prepare=False)
            samples += map(_from_row, await cursor.fetchall())
    return samples


def current_column(samples: StoredSamples, retractions: Retractions) -> SampleColumn | None:
    """Return the samples that nothing hides; None if their record is retracted."""
    if samples.record and retractions.hides(samples.source, samples.record, samples.order):
        return None
    metric = METRIC_BY_ID[samples.metric]
    column = SampleColumn(
        metric=metric.name,
        source=samples.source,
        record=samples.record,
        t=samples.t,
        v=samples.v,
        until=samples.t + samples.spans if metric.over_interval else None,
        ranks=samples.revisions if metric.over_interval else None,
    )
    kept = retractions.kept(metric.name, samples.source, samples.t, samples.revisions)
    free = retractions.unrestricted(samples.source, samples.t, column.until)
    if free is not None:
        kept = free if kept is None else kept & free
    return column if kept is None else column.where(kept)


def _from_memory(
    queries: Iterable[SampleQuery], unwritten: Collection[UnwrittenBlock]
) -> Iterator[StoredSamples]:
    # the blocks of a series have one source and one record, so any of them will do
    blocks = {block.put.series: block for block in unwritten}
    spans: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for query in queries:
        spans[query.patient, query.metric].append(query.span)
    for series, (t, v, revisions, span_ms) in by_series(block.put for block in unwritten):
        patient, metric, source_id, _ = series
        block = blocks[series]
        over_interval = METRIC_BY_ID[metric].over_interval
        for span in spans[patient, metric]:
            wanted = _wanted(t, span_ms, span, over_interval=over_interval)
            if len(t[wanted]):
                yield StoredSamples(
                    patient=patient,
                    metric=metric,
                    source_id=source_id,
                    source=block.source,
                    record=block.record,
                    order=block.order if block.record else _NO_RECORD,
                    t=t[wanted],
                    v=v[wanted] + 0.0,  # as the table holds it: -0.0 is 0.0
                    revisions=revisions[wanted],
                    spans=span_ms[wanted],
                )


def _wanted(
    t: Instants, span_ms: Instants, span: Span, *, over_interval: bool
) -> slice | NDArray[np.bool_]:
    """Return which samples the query for the table would return."""
    if not over_interval:
        # half open, as the query for the table: a sample at the end is not part of the span
        low, high = np.searchsorted(t, (span.start_ms, span.end_ms))
        return slice(int(low), int(high))
    near, after = span.start_ms - BESIDE_MS, span.end_ms + BESIDE_MS
    return (t < after) & ((t >= near) | (t + span_ms > span.start_ms))


def _stretches(queries: Iterable[SampleQuery]) -> Iterator[list[SampleQuery]]:
    """Yield the queries in groups that are close in time."""
    stretch: list[SampleQuery] = []
    end_ms = 0
    for query in sorted(queries, key=_start_ms):
        if stretch and query.span.start_ms > end_ms + STRETCH_GAP_MS:
            yield stretch
            stretch = []
        stretch.append(query)
        end_ms = max(end_ms, query.span.end_ms)
    if stretch:
        yield stretch


def _start_ms(query: SampleQuery) -> int:
    return query.span.start_ms


def _arguments(stretch: Sequence[SampleQuery]) -> dict[str, Any]:
    starts = [query.span.start_ms for query in stretch]
    ends = [query.span.end_ms for query in stretch]
    over_interval = [METRIC_BY_ID[query.metric].over_interval for query in stretch]
    return {
        "patients": [query.patient for query in stretch],
        "metrics": [query.metric for query in stretch],
        "starts": starts,
        "ends": ends,
        "revisions": [
            query.revisions or spans for query, spans in zip(stretch, over_interval, strict=True)
        ],
        "spans": over_interval,
        "before": LONGEST_INTERVAL_MS,
        "beside": BESIDE_MS,
        "first": utc(min(starts) - LONGEST_INTERVAL_MS),
        "last": utc(max(ends) + BESIDE_MS),
    }


def _from_row(row: tuple[Any, ...]) -> StoredSamples:
    patient, metric, source_id, *source, record, revision, stated_ms = row[:-4]
    time, value, revisions, span_ms = row[-4:]
    return StoredSamples(
        patient=patient,
        metric=metric,
        source_id=source_id,
        source=read_source(source),
        record=record,
        order=VersionOrder(revision=revision, stated_ms=stated_ms),
        t=binary_columns.instants(time),
        v=binary_columns.values(value),
        revisions=binary_columns.integers(revisions),
        spans=binary_columns.integers(span_ms),
    )
