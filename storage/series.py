"""Reads the samples that speak: records superseded, deletions masked, values accepted, one source a minute.

This is what bands are made of, and what answers where bands cannot. It never writes and takes no lock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.calendar import epoch_ms, utc
from ..model.facts import Source
from ..model.metrics import METRIC, METRIC_BY_ID, METRICS
from ..stream.compute.columns import Column, merged
from ..stream.compute.quality import HOUR_MS
from ..stream.compute.resolve import Resolved, resolve
from . import columns
from .pool import Connection
from .spans import Span, merge, outer
from .surrogates import read_source
from .windows import Masks

EVERY = tuple(row.id for row in METRICS)

_COLUMNS = """
select x.metric, x.source, s.vendor, s.app, s.device, s.device_type, s.method, coalesce(r.record, ''),
       coalesce(r.revision, 0), x.time, x.value, x.revision
from (select metric, source, record, array_agg(time) as time, array_agg(value) as value,
             array_agg(revision) filter (where %s) as revision
      from sample where patient = %s and metric = any(%s) and time >= %s and time < %s
      group by metric, source, record) x
join source s on s.id = x.source left join record r on r.id = x.record"""
_DELETIONS = """
select s.vendor, r.revision, f.start_at, f.end_at, coalesce(f.payload ->> 'target', ''),
       coalesce(f.payload ->> 'metric', '')
from fact f join record r on r.id = f.record join source s on s.id = f.source
where f.patient = %s and f.kind = 'deletion'"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """What speaks, by the id of its metric, and the surrogate of every source that was heard."""

    numbers: dict[Source, int]
    resolved: dict[int, Resolved]


async def read(conn: Connection, patient: int, spans: Iterable[Span], metrics: Sequence[int] = EVERY) -> Read:
    """Return the samples of some metrics of a patient (a surrogate) in the whole UTC hours that the spans touch.

    Whole hours, because which samples count is decided within them: the caller cuts.
    """
    masks = await _masks(conn, patient)
    numbers: dict[Source, int] = {}
    found: list[Column] = []
    async with conn.cursor(binary=True) as cursor:
        columns.arrays_as_bytes(cursor)
        for span in merge((outer(one, HOUR_MS) for one in spans), gap_ms=0):
            timed = any(one.intervals for one in masks.values())
            where = [patient, list(metrics), utc(span.start_ms), utc(span.end_ms)]
            await cursor.execute(_COLUMNS, [timed, *where])
            for metric, number, *row in await cursor.fetchall():
                column = _column(METRIC_BY_ID[metric].name, row, masks)
                if column is not None:
                    numbers[column.source] = number
                    found.append(column)
    resolved = {METRIC[name].id: resolve(name, series) for name, series in merged(found).items()}
    return Read(numbers=numbers, resolved=dict(sorted(resolved.items())))


async def _masks(conn: Connection, patient: int) -> dict[str, Masks]:
    """Return what sources took back, by metric: records whatever they hold, intervals of one metric each."""
    rows = await (await conn.execute(_DELETIONS, [patient])).fetchall()
    records: dict[tuple[str, str], int] = {}
    intervals: dict[str, list[tuple[str, int, Span]]] = defaultdict(list)
    for vendor, revision, start, end, target, metric in rows:
        if target:
            records[vendor, target] = max(records.get((vendor, target), revision), revision)
        if metric:
            intervals[metric].append((vendor, revision, Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end))))
    return {row.name: Masks(records=records, intervals=tuple(intervals[row.name])) for row in METRICS}


def _column(metric: str, row: Sequence[Any], masks: Mapping[str, Masks]) -> Column | None:
    *names, record, revision, time, value, revisions = row
    source = read_source(names)
    if record and masks[metric].hides(source, record, revision):
        return None
    t, v = columns.instants(time), columns.values(value)
    told = columns.integers(revisions)
    for vendor, deleted, span in masks[metric].intervals:
        if vendor == source.vendor:
            kept = ~((t >= span.start_ms) & (t < span.end_ms) & (told <= deleted))
            t, v, told = t[kept], v[kept], told[kept]
    return Column(metric=metric, source=source, record=record, t=t, v=v)
