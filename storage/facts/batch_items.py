"""The facts of a batch with the keys of their rows, and which of them are stored. Pure.

The result depends on what was reported, not on order or repetition. If a payload reports the same
part of a record twice with different content, the greater content hash is current. It must never
reach the database: `writer` does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from model.codec import kind_of
from model.fact_properties import content_hash, metric_id, part_number
from model.facts import AttributedFact, Joining, SampleBlock
from model.metrics import METRIC
from model.versions.version_order import sample_rank
from storage.facts import samples
from storage.facts.fact_rows import FactKey
from storage.facts.ids import (
    PatientRow,
    RecordKey,
    RecordRow,
    RecordVersion,
    current_version,
    record_version,
)
from storage.facts.sample_reads import UnwrittenBlock

RecordRows = Mapping[RecordKey, RecordRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """A fact of the batch with the keys of its rows; `key` is (kind, metric id, part)."""

    reported: AttributedFact
    patient: PatientRow
    source: int
    record: RecordKey
    version: RecordVersion
    key: tuple[str, int, int]
    content: bytes

    @property
    def stream(self) -> bool:
        """Return whether it is a block of samples that belong to no record."""
        fact = self.reported.fact
        return isinstance(fact, SampleBlock) and fact.joining is Joining.STREAM


def batch_item(reported: AttributedFact, patient: PatientRow, source: int) -> BatchItem:
    """Return a reported fact with the keys of its rows."""
    fact, head = reported.fact, reported.fact.head
    return BatchItem(
        reported=reported,
        patient=patient,
        source=source,
        record=RecordKey(patient=patient.id, source=source, record=head.record),
        version=record_version(reported),
        key=(kind_of(fact), metric_id(fact), part_number(fact)),
        content=content_hash(fact),
    )


def distinct_items(items: Iterable[BatchItem]) -> list[BatchItem]:
    """Return the items without repetitions of the same fact from the same body."""
    distinct = {(item.record, item.key, item.version, item.content): item for item in items}
    return list(distinct.values())


def newest_in_batch(items: Iterable[BatchItem]) -> dict[RecordKey, RecordVersion]:
    """Return the current one of the versions of each record in the batch."""
    latest: dict[RecordKey, RecordVersion] = {}
    for item in items:
        before = latest.get(item.record, item.version)
        latest[item.record] = current_version(before, item.version)
    return latest


def _fact_key(item: BatchItem, records: RecordRows) -> FactKey:
    return FactKey(records[item.record].id, *item.key)


def changed_items(
    items: Iterable[BatchItem], records: RecordRows, stored: Mapping[FactKey, bytes]
) -> tuple[list[BatchItem], list[BatchItem]]:
    """Return the items that are not stored as they are: those of current versions, and blocks.

    The second list has all items that may have samples to write.
    """
    current: list[BatchItem] = []
    blocks: list[BatchItem] = []
    for item in items:
        if stored.get(_fact_key(item, records)) == item.content:
            continue
        is_current = item.version.same_payload(records[item.record].now)
        if is_current:
            current.append(item)
        # a stream has no current version: each of its blocks counts, however old the revision is
        if is_current or item.stream:
            blocks.append(item)
    return current, blocks


def winning_items(
    items: Iterable[BatchItem], records: RecordRows, stored: Mapping[FactKey, bytes]
) -> dict[FactKey, BatchItem]:
    """Return the fact to store at each key: the greatest content hash, if above the stored one."""
    best: dict[FactKey, BatchItem] = {}
    for item in items:
        key = _fact_key(item, records)
        content = best[key].content if key in best else stored.get(key, b"")
        # strictly greater: an equal hash is the same fact, and is stored already
        if item.content > content:
            best[key] = item
    # in key order, in which every transaction inserts
    return dict(sorted(best.items()))


def unwritten_blocks(items: Iterable[BatchItem], records: RecordRows) -> Iterator[UnwrittenBlock]:
    """Yield the blocks whose samples the caller still has to write."""
    for item in items:
        fact = item.reported.fact
        if isinstance(fact, SampleBlock):
            owner = samples.STREAM if item.stream else records[item.record].id
            series = (item.patient.id, METRIC[fact.metric].id, item.source, owner)
            order = item.reported.order
            put = samples.Put(
                series=series, revision=sample_rank(order), t=fact.t, v=fact.v, until=fact.until
            )
            record = "" if item.stream else fact.head.record
            yield UnwrittenBlock(put=put, source=fact.head.source, record=record, order=order)
