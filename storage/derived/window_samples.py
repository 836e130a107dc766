"""Samples read back as columns, of many patients and metrics in one query for each stretch of time. It never writes.

The stretch stands in the query as two constants, so that the planner leaves out the partitions of other months; what
is asked for within it, one row a patient, metric and span, is looked up row by row in the key, and put together there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.calendar import DAY_MS, utc
from model.facts import Instants, Source, Values
from model.metrics import METRIC_BY_ID
from model.spans import Span
from model.window import SampleColumn
from storage.facts.ids import read_source
from storage.facts.retractions import Retractions
from storage.facts.samples import Put, by_series
from storage.pg import binary_columns
from storage.pg.pool import Connection

APART_MS = 31 * DAY_MS  # spans further apart are asked for one by one

_READ = """
select x.patient, x.metric, x.source, s.vendor, s.app, s.device, s.device_type, s.method, coalesce(r.record, ''),
       coalesce(r.revision, 0), x.time, x.value, x.revision
from (select k.patient, k.metric, y.*
      from unnest(%(patients)s::int[], %(metrics)s::smallint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[],
                  %(revisions)s::bool[]) as k (patient, metric, low, high, revisions)
      cross join lateral (
        select source, record, array_agg(time) as time, array_agg(value) as value,
               array_agg(revision) filter (where k.revisions) as revision
        from sample where patient = k.patient and metric = k.metric and time >= k.low and time < k.high
          and time >= %(first)s and time < %(last)s group by source, record offset 0) y) x
join source s on s.id = x.source left join record r on r.id = x.record"""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Asked:
    """A metric (its stored id) of a patient (a surrogate) in a span; `revisions` when those are wanted as well."""

    span: Span
    patient: int
    metric: int
    revisions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The samples of one record ("" for a stream) of one source: `t` int64[n] epoch ms, `v` float64[n], unordered.

    `number` is the surrogate of the source, `revision` the record's, `revisions` int64[n] that of each sample where
    they were asked for, else empty.
    """

    patient: int
    metric: int
    number: int
    source: Source
    record: str
    revision: int
    t: Instants
    v: Values
    revisions: Instants


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fresh:
    """Samples of a block that are not in the table yet, and what it calls by number: source and record ("": stream)."""

    put: Put
    source: Source
    record: str


async def read(
    conn: Connection, askeds: Collection[Asked], fresh: Iterable[Fresh] = ()
) -> list[Found]:
    """Return every sample asked for. The spans of one patient and metric must not overlap.

    `fresh` are given as if they were in the table; right as long as none of them is there already.
    """
    matches = list(_told_now(askeds, fresh))
    async with conn.cursor(binary=True) as cursor:
        binary_columns.arrays_as_bytes(cursor)
        for stretch in _stretches(askeds):
            # planned with its constants each time: a plan for any time would hold every partition there is
            await cursor.execute(_READ.encode(), _arguments(stretch), prepare=False)
            matches += [_found(row) for row in await cursor.fetchall()]
    return matches


def _told_now(askeds: Iterable[Asked], fresh: Iterable[Fresh]) -> Iterator[Found]:
    names = {entry.put.series: entry for entry in fresh}
    spans: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for item in askeds:
        spans[item.patient, item.metric].append(item.span)
    for series, (t, v, revision) in by_series(entry.put for entry in fresh):
        patient, metric, number, _ = series
        result = names[series]
        for span in spans[patient, metric]:
            low, high = np.searchsorted(t, (span.start_ms, span.end_ms))
            if high > low:
                yield Found(
                    patient=patient,
                    metric=metric,
                    number=number,
                    source=result.source,
                    record=result.record,
                    revision=result.put.revision if result.record else 0,
                    t=t[low:high],
                    v=v[low:high] + 0.0,
                    revisions=revision[low:high],
                )


def column(value: Found, mask: Retractions) -> SampleColumn | None:
    """Return what stands of the samples after what was taken back; None when their record was."""
    if value.record and mask.hides(value.source, value.record, value.revision):
        return None
    name = METRIC_BY_ID[value.metric].name
    t, v = mask.unmasked(name, value.source, value.t, value.v, value.revisions)
    return SampleColumn(metric=name, source=value.source, record=value.record, t=t, v=v)


def _stretches(askeds: Iterable[Asked]) -> Iterator[list[Asked]]:
    """Yield what lies close together in time."""
    stretch: list[Asked] = []
    end_ms = 0
    for item in sorted(askeds):
        if stretch and item.span.start_ms > end_ms + APART_MS:
            yield stretch
            stretch = []
        stretch.append(item)
        end_ms = max(end_ms, item.span.end_ms)
    if stretch:
        yield stretch


def _arguments(stretch: Sequence[Asked]) -> dict[str, Any]:
    return {
        "patients": [item.patient for item in stretch],
        "metrics": [item.metric for item in stretch],
        "lows": [utc(item.span.start_ms) for item in stretch],
        "highs": [utc(item.span.end_ms) for item in stretch],
        "revisions": [item.revisions for item in stretch],
        "first": utc(stretch[0].span.start_ms),
        "last": utc(max(item.span.end_ms for item in stretch)),
    }


def _found(row: tuple[Any, ...]) -> Found:
    patient, metric, number, *names, record, revision, time, value, revisions = row
    return Found(
        patient=patient,
        metric=metric,
        number=number,
        source=read_source(names),
        record=record,
        revision=revision,
        t=binary_columns.instants(time),
        v=binary_columns.values(value),
        revisions=binary_columns.integers(revisions),
    )
