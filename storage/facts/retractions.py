"""Reads retractions and restrictions: what facts are not to be used. It never writes.

A retraction is what a source deleted after it had reported it. A restriction was set for a patient
(`rights.restrictions`), and hides facts and samples in its interval as long as it holds.

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
from model.facts import BEGUN_WORKOUTS, AttributedFact, Instants, Source, Workout
from model.spans import Span
from model.storable import LONGEST_SESSION_MS
from model.versions.version_order import VersionOrder, retracts, sample_rank
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

PatientId: TypeAlias = int

# A deletion applies to the records of this name of all sources of its vendor.
_OF_RECORDS = """
select k.patient, s.vendor, k.record, max(array[r.revision, r.stated_ms]),
  max(r.stated_ms) filter (where r.revision = 0)
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
_RESTRICTED = """
select patient, source, from_at, until_at from restriction
where patient = any(%s) and lifted_at is null"""
_NO_END_MS = 1 << 53


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedInterval:
    """An interval of measured time in which facts of a vendor ("": of all) are not used."""

    vendor: str
    span: Span

    def covers(self, vendor: str, start_ms: int, end_ms: int) -> bool:
        """Return whether a fact of [start, end] touches it; an instant ends where it starts."""
        if self.vendor not in {"", vendor}:
            return False
        return start_ms < self.span.end_ms and max(end_ms, start_ms + 1) > self.span.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractedInterval:
    """A vendor's retraction of the samples of a metric ("": all) in a span, up to a version.

    With the metric `BEGUN_WORKOUTS` it is one of the workouts that begin in the span.
    """

    vendor: str
    metric: str
    order: VersionOrder
    span: Span

    @property
    def rank(self) -> int:
        """The place of the version as one whole number, as each sample has it."""
        return sample_rank(self.order)

    def covers(self, item: AttributedFact) -> bool:
        """Return whether it retracts a workout."""
        head = item.fact.head
        if self.metric != BEGUN_WORKOUTS or self.vendor != head.source.vendor:
            return False
        inside = self.span.start_ms <= head.start_ms < self.span.end_ms
        return inside and retracts(self.order, item.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retractions:
    """The retractions of a patient, and the restrictions that hold.

    `records` has the retractions of each record by (vendor, record): of those with a revision and
    of those without one the last is enough.
    """

    records: dict[tuple[str, str], set[VersionOrder]] = field(default_factory=dict)
    intervals: list[RetractedInterval] = field(default_factory=list)
    restricted: list[RestrictedInterval] = field(default_factory=list)

    def retract(self, vendor: str, record: str, order: VersionOrder) -> None:
        """Add the retraction of a record."""
        self.records.setdefault((vendor, record), set()).add(order)

    def hides(self, source: Source, record: str, order: VersionOrder) -> bool:
        """Return whether this version of a record is retracted."""
        # by vendor, not by source: a vendor deletes a record whichever of its devices wrote it
        retracted = self.records.get((source.vendor, record), ())
        return any(retracts(retraction, order) for retraction in retracted)

    def current(self, facts: Iterable[AttributedFact]) -> tuple[AttributedFact, ...]:
        """Return the facts that are neither retracted nor restricted."""
        return tuple(item for item in facts if not self._hides(item))

    def _hides(self, item: AttributedFact) -> bool:
        head = item.fact.head
        if self.hides(head.source, head.record, item.order):
            return True
        vendor = head.source.vendor
        if any(span.covers(vendor, head.start_ms, head.end_ms) for span in self.restricted):
            return True
        is_workout = isinstance(item.fact, Workout)
        return is_workout and any(interval.covers(item) for interval in self.intervals)

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

    def unrestricted(
        self, source: Source, t: Instants, until: Instants | None
    ) -> NDArray[np.bool_] | None:
        """Return as a mask bool[n] the samples that no restriction hides; None: all are free.

        `until` is where each sample ends, None for those of an instant.
        """
        if not self.restricted:
            return None
        free = None
        ends = t + 1 if until is None else np.maximum(until, t + 1)
        for interval in self.restricted:
            if interval.vendor in {"", source.vendor}:
                keep = (t >= interval.span.end_ms) | (ends <= interval.span.start_ms)
                free = keep if free is None else free & keep
        return free


async def add_restrictions(conn: Connection, retracted: Mapping[PatientId, Retractions]) -> None:
    """Add to `retracted` the restrictions of each patient that hold."""
    cursor = await conn.execute(_RESTRICTED, [list(retracted)])
    for patient, vendor, start, end in await cursor.fetchall():
        end_ms = _NO_END_MS if end is None else epoch_ms(end)
        span = Span(start_ms=epoch_ms(start), end_ms=end_ms)
        retracted[patient].restricted.append(RestrictedInterval(vendor=vendor, span=span))


async def intervals(
    conn: Connection, spans: Mapping[PatientId, Iterable[Span]]
) -> dict[PatientId, Retractions]:
    """Return the retractions of each patient with the intervals that may matter in these spans.

    They overlap the spans, or hide counts and workouts that began before a span and hold into it.
    All restrictions that hold are among them. Retracted records are not read; see `add_records`.
    """
    retracted = {patient: Retractions() for patient in spans}
    await add_restrictions(conn, retracted)
    wanted: list[tuple[int, object, object]] = []
    for patient, many in spans.items():
        for span in many:
            low, high = utc(span.start_ms - LONGEST_SESSION_MS), utc(span.end_ms + BESIDE_MS)
            wanted.append((patient, low, high))
    if not wanted:
        return retracted
    cursor = await conn.execute(_OF_SPANS, as_arrays(wanted, 3))
    for patient, vendor, revision, stated_ms, metric, start, end in await cursor.fetchall():
        span = Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end))
        order = VersionOrder(revision=revision, stated_ms=stated_ms)
        interval = RetractedInterval(vendor=vendor, metric=metric, order=order, span=span)
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
    for patient, vendor, record, (revision, stated_ms), unnumbered_ms in await cursor.fetchall():
        order = VersionOrder(revision=revision, stated_ms=stated_ms)
        retracted[patient].retract(vendor, record, order)
        if unnumbered_ms is not None:
            order = VersionOrder(revision=0, stated_ms=unnumbered_ms)
            retracted[patient].retract(vendor, record, order)
