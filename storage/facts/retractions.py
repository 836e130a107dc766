"""Reads retractions: what sources deleted after they had reported it. It never writes.

A deletion is stored as a fact, so the result does not depend on whether it comes before or after
the facts that it deletes. Only the retractions of the requested records and spans are read, so that
deletions of years ago cost nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.calendar import epoch_ms, utc
from model.fact_properties import BESIDE_MS
from model.facts import AttributedFact, Instants, Source
from model.metrics import LONGEST_INTERVAL_MS
from model.spans import Span
from model.versions.version_order import VersionOrder, sample_rank
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

PatientId: TypeAlias = int

# A deletion applies to the records of this name of all sources of its vendor.
_OF_RECORDS = """
select k.patient, s.vendor, k.record, max(array[r.revision, r.stated_ms])
from unnest(%s::int[], %s::text[]) as k (patient, record)
cross join lateral (
  select record, source from fact
  where patient = k.patient and kind = 'deletion' and payload ->> 'target' = k.record offset 0) f
join record r on r.id = f.record
join source s on s.id = f.source
group by k.patient, s.vendor, k.record"""
_OF_SPANS = """
select k.patient, s.vendor, r.revision, r.stated_ms, f.metric, f.start_at, f.end_at
from unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) as k (patient, low, high)
cross join lateral (
  select record, source, start_at, end_at, payload ->> 'metric' as metric from fact
  where patient = k.patient and kind = 'deletion' and payload ->> 'target' = ''
    and end_at > k.low and start_at < k.high offset 0) f
join record r on r.id = f.record
join source s on s.id = f.source"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractedInterval:
    """A vendor's retraction of the samples of a metric ("": all) in a span, up to a rank."""

    vendor: str
    metric: str
    rank: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Retractions:
    """The retractions of a patient.

    `records` has the greatest retracted version by (vendor, record).
    """

    records: dict[tuple[str, str], VersionOrder] = field(default_factory=dict)
    intervals: list[RetractedInterval] = field(default_factory=list)

    def hides(self, source: Source, record: str, order: VersionOrder) -> bool:
        """Return whether this version of a record is retracted."""
        # by vendor, not by source: a vendor deletes a record whichever of its devices wrote it
        retracted = self.records.get((source.vendor, record))
        return retracted is not None and retracted >= order

    def current(self, facts: Iterable[AttributedFact]) -> tuple[AttributedFact, ...]:
        """Return the facts whose records are not retracted."""
        return tuple(item for item in facts if not self._hides(item))

    def _hides(self, item: AttributedFact) -> bool:
        head = item.fact.head
        return self.hides(head.source, head.record, item.order)

    def touches(self, metric: str) -> bool:
        """Return whether any interval retracts samples of a metric."""
        return any(interval.metric in {"", metric} for interval in self.intervals)

    def kept(
        self, metric: str, source: Source, t: Instants, revisions: Instants
    ) -> NDArray[np.bool_] | None:
        """Return as a mask bool[n] the samples that no interval retracts; None: there is none.

        A count belongs to the instant at which it begins. `revisions` is int64[n], the rank of each
        sample. It may be empty unless `touches(metric)`.
        """
        kept = None
        for interval in self.intervals:
            if interval.vendor == source.vendor and interval.metric in {"", metric}:
                span = interval.span
                inside = (t >= span.start_ms) & (t < span.end_ms)
                # a sample of a greater rank was reported after the deletion and is kept
                keep = ~(inside & (revisions <= interval.rank))
                kept = keep if kept is None else kept & keep
        return kept


async def intervals(
    conn: Connection, spans: Mapping[PatientId, Iterable[Span]]
) -> dict[PatientId, Retractions]:
    """Return the retractions of each patient with the intervals that may matter in these spans.

    They overlap the spans, or hide counts that began before a span and hold into it. Retracted
    records are not read; see `add_records`.
    """
    retracted = {patient: Retractions() for patient in spans}
    wanted: list[tuple[int, object, object]] = []
    for patient, many in spans.items():
        for span in many:
            low, high = utc(span.start_ms - LONGEST_INTERVAL_MS), utc(span.end_ms + BESIDE_MS)
            wanted.append((patient, low, high))
    if not wanted:
        return retracted
    cursor = await conn.execute(_OF_SPANS, as_arrays(wanted, 3))
    for patient, vendor, revision, stated_ms, metric, start, end in await cursor.fetchall():
        span = Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end))
        rank = sample_rank(VersionOrder(revision=revision, stated_ms=stated_ms))
        interval = RetractedInterval(vendor=vendor, metric=metric, rank=rank, span=span)
        retracted[patient].intervals.append(interval)
    return retracted


async def add_records(
    conn: Connection,
    retracted: Mapping[PatientId, Retractions],
    names: Iterable[tuple[PatientId, str]],
) -> None:
    """Add to `retracted` the retractions of these records, given as (patient id, record)."""
    wanted = sorted({(patient, record) for patient, record in names if record})
    # most batches have no named record; then the query is spared
    if not wanted:
        return
    cursor = await conn.execute(_OF_RECORDS, as_arrays(wanted, 2))
    for patient, vendor, record, (revision, stated_ms) in await cursor.fetchall():
        order = VersionOrder(revision=revision, stated_ms=stated_ms)
        retracted[patient].records[vendor, record] = order
