"""What sources took back: a deletion is a fact like any other, so facts that come after it, or before it, end alike.

Asked for by the records and spans at hand, so that what a patient's sources took back years ago costs nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from model.calendar import epoch_ms, utc
from model.facts import AttributedFact, Instants, Source, Values
from model.spans import Span
from storage.pg.pool import Connection

Number: TypeAlias = int  # a patient's surrogate

_OF_RECORDS = """
select k.patient, s.vendor, k.record, max(r.revision)
from unnest(%s::int[], %s::text[]) as k (patient, record) cross join lateral (
  select record, source from fact
  where patient = k.patient and kind = 'deletion' and payload ->> 'target' = k.record offset 0) f
join record r on r.id = f.record join source s on s.id = f.source
group by k.patient, s.vendor, k.record"""
_OF_SPANS = """
select k.patient, s.vendor, r.revision, f.metric, f.start_at, f.end_at
from unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) as k (patient, low, high) cross join lateral (
  select record, source, start_at, end_at, payload ->> 'metric' as metric from fact
  where patient = k.patient and kind = 'deletion' and payload ->> 'target' = '' and end_at > k.low
    and start_at < k.high offset 0) f
join record r on r.id = f.record join source s on s.id = f.source"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Every value of a metric ("": of any) of a vendor within a span is taken back, up to a revision."""

    vendor: str
    metric: str
    revision: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Retractions:
    """What was taken back from one patient: the greatest revision by (vendor, record), and intervals."""

    records: dict[tuple[str, str], int] = field(default_factory=dict)
    intervals: list[Interval] = field(default_factory=list)

    def hides(self, source: Source, record: str, revision: int) -> bool:
        """Tell whether a record of this revision was taken back."""
        return self.records.get((source.vendor, record), -1) >= revision

    def standing(self, attributed_facts: Iterable[AttributedFact]) -> tuple[AttributedFact, ...]:
        """Return the facts whose records were not taken back."""
        heads = ((fact, fact.fact.head) for fact in attributed_facts)
        return tuple(
            item for item, head in heads if not self.hides(head.source, head.record, head.revision)
        )

    def touches(self, metric: str) -> bool:
        """Tell whether any interval takes back values of a metric."""
        return any(interval.metric in {"", metric} for interval in self.intervals)

    def unmasked(
        self, metric: str, source: Source, t: Instants, v: Values, revision: Instants
    ) -> tuple[Instants, Values]:
        """Return the samples that no interval took back."""
        for interval in self.intervals:
            if interval.vendor == source.vendor and interval.metric in {"", metric}:
                span = interval.span
                kept = ~((t >= span.start_ms) & (t < span.end_ms) & (revision <= interval.revision))
                t, v, revision = t[kept], v[kept], revision[kept]
        return t, v


async def intervals(
    conn: Connection, spans: Mapping[Number, Iterable[Span]]
) -> dict[Number, Retractions]:
    """Return a mask of each patient, with the intervals that meet one of the patient's spans."""
    matches = {patient: Retractions() for patient in spans}
    requested = [
        (p, utc(span.start_ms), utc(span.end_ms)) for p, many in spans.items() for span in many
    ]
    if requested:
        rows = await conn.execute(
            _OF_SPANS, [list(column) for column in zip(*requested, strict=True)]
        )
        for patient, vendor, revision, metric, start, end in await rows.fetchall():
            span = Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end))
            matches[patient].intervals.append(
                Interval(vendor=vendor, metric=metric, revision=revision, span=span)
            )
    return matches


async def add_records(
    conn: Connection, masks: Mapping[Number, Retractions], names: Iterable[tuple[Number, str]]
) -> None:
    """Add to the masks what was taken back of these (patient, record)."""
    requested = sorted({(patient, record) for patient, record in names if record})
    if requested:
        rows = await conn.execute(
            _OF_RECORDS, [list(column) for column in zip(*requested, strict=True)]
        )
        for patient, vendor, record, revision in await rows.fetchall():
            masks[patient].records[vendor, record] = revision
