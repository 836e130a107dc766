"""Stores reported facts; the result depends on what was reported, not on order or repetition.

Of a record, the version with the greater (revision, stated_ms, body) is current. Only its facts are
in `fact`, and those of older versions are removed. Samples of a stream belong to no record. They
join a series, in which the greater (revision, stated_ms, value, span) of an instant is current; the
span is how long a count holds. If a payload reports the same part of a record twice with different
content, the greater content hash is current.

It must never commit: the transaction is the caller's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap

from model.calendar import utc
from model.codec import kind_of
from model.fact_properties import (
    content_hash,
    metric_id,
    part_number,
    session_records,
    span_of,
    target_record,
    touched_span,
)
from model.facts import BEGUN_WORKOUTS, AttributedFact, Deletion, Joining, SampleBlock
from model.metrics import METRIC
from model.spans import Span, merge
from model.versions.receipt import delivered_until_ms, refusal_of
from model.versions.version_order import sample_rank
from storage.facts import fact_rows, samples, stale_hours
from storage.facts.affected import (
    AffectedSpans,
    RecordNames,
    add_named_spans,
    removed_spans,
    workouts_begun_in,
)
from storage.facts.fact_rows import FactKey, Removed
from storage.facts.ids import (
    PatientRow,
    RecordKey,
    RecordRow,
    RecordVersion,
    current_version,
    lock_patients,
    record_rows,
    record_version,
    source_ids,
)
from storage.facts.parser_versions import outdated
from storage.facts.sample_reads import UnwrittenBlock
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

UNKNOWN = "the patient is not known"

# A watermark never goes back here; only replay, which reads everything, may set it lower.
_WATERMARK = """
insert into watermark (patient, source, time)
select * from unnest(%s::int[], %s::int[], %s::timestamptz[]) order by 1, 2
on conflict (patient, source) do update set time = excluded.time
where excluded.time > watermark.time"""

_Records = Mapping[RecordKey, RecordRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """A fact that cannot be stored: its index in the batch, and why, without values of the fact."""

    index: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The result of a batch.

    `affected` has the spans in which derived rows may be stale, by pseudonym. `new` counts facts
    that were stored. `skipped` counts facts that were stored before or are older than the current
    ones. `samples` is the number of rows offered to the table. `unwritten` are the blocks that the
    caller still has to write.
    """

    affected: dict[str, tuple[Span, ...]]
    new: int
    skipped: int
    samples: int = 0
    refused: tuple[_Refused, ...] = ()
    unwritten: tuple[UnwrittenBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
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
        fact = self.reported.fact
        return isinstance(fact, SampleBlock) and fact.joining is Joining.STREAM


async def write_facts(conn: Connection, reported: Sequence[AttributedFact]) -> Written:
    """Store a batch of facts with their samples, as `put_facts` does."""
    written = await put_facts(conn, reported)
    offered = await samples.write_samples(conn, [block.put for block in written.unwritten])
    return replace(written, samples=offered.rows, unwritten=())


async def put_facts(conn: Connection, reported: Sequence[AttributedFact]) -> Written:
    """Store a batch of facts of any patients without their samples; the patients stay locked.

    The caller writes the samples (`unwritten`) and may read the stored samples before. A fact of an
    unknown patient, or a fact that `refusal_of` refuses, is returned in `refused`. A fact
    that is stored already changes nothing. Nor does a fact of a payload that a newer reader has
    read since.
    """
    # the first lock of the transaction: whatever follows is read and written under it
    patients = await lock_patients(conn, {item.patient for item in reported})
    refused = tuple(_refused(reported, patients))
    skip = {item.index for item in refused} | await outdated(conn, reported)
    kept = [item for index, item in enumerate(reported) if index not in skip]
    sources = await source_ids(conn, {item.fact.head.source for item in kept})
    items = _distinct(
        _item(item, patients[item.patient], sources[item.fact.head.source]) for item in kept
    )
    written = await _store(conn, items)
    return replace(written, skipped=len(kept) - written.new, refused=refused)


async def _store(conn: Connection, items: list[_Item]) -> Written:
    records = await record_rows(conn, _latest_versions(items))
    removed = await fact_rows.remove_with_samples(
        conn, [row.id for row in records.values() if row.replaced]
    )
    # a new record has no stored facts, and those of a replaced record were removed above
    unchanged = [row.id for row in records.values() if row.before and not row.replaced]
    stored = await fact_rows.contents(conn, unchanged)
    current, blocks = _changed(items, records, stored)
    new = _winners(current, records, stored)
    await fact_rows.insert_facts(conn, list(starmap(_row, new.items())))
    await _raise_watermarks(conn, items)
    spans = _spans([*new.values(), *(item for item in blocks if item.stream)], removed)
    begun = await workouts_begun_in(conn, _retracted_intervals(new.values(), removed))
    # facts that refer to each other may be years apart, so the spans alone are not enough
    await add_named_spans(
        conn,
        spans,
        targets=_targets(new.values(), removed),
        sessions=_session_names(new.values(), records) | begun,
    )
    await stale_hours.mark_stale(conn, _changed_samples(blocks, new.values(), removed, spans))
    names = {item.patient.id: item.reported.patient for item in items}
    return Written(
        affected={names[patient]: merge(many) for patient, many in spans.items()},
        new=len(new),
        skipped=0,
        unwritten=tuple(_unwritten(blocks, records)),
    )


def _changed(
    items: Iterable[_Item], records: _Records, stored: Mapping[FactKey, bytes]
) -> tuple[list[_Item], list[_Item]]:
    """Return the items that are not stored as they are: those of current versions, and blocks.

    The second list has all items that may have samples to write.
    """
    current: list[_Item] = []
    blocks: list[_Item] = []
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


def _refused(
    reported: Iterable[AttributedFact], patients: Mapping[str, PatientRow]
) -> Iterator[_Refused]:
    for index, item in enumerate(reported):
        why = refusal_of(item) if item.patient in patients else UNKNOWN
        if why:
            yield _Refused(index=index, why=why)


def _item(reported: AttributedFact, patient: PatientRow, source: int) -> _Item:
    fact, head = reported.fact, reported.fact.head
    return _Item(
        reported=reported,
        patient=patient,
        source=source,
        record=RecordKey(patient=patient.id, source=source, record=head.record),
        version=record_version(reported),
        key=(kind_of(fact), metric_id(fact), part_number(fact)),
        content=content_hash(fact),
    )


def _distinct(items: Iterable[_Item]) -> list[_Item]:
    """Return the items without repetitions of the same fact from the same body."""
    distinct = {(item.record, item.key, item.version, item.content): item for item in items}
    return list(distinct.values())


def _latest_versions(items: Iterable[_Item]) -> dict[RecordKey, RecordVersion]:
    latest: dict[RecordKey, RecordVersion] = {}
    for item in items:
        before = latest.get(item.record, item.version)
        latest[item.record] = current_version(before, item.version)
    return latest


def _fact_key(item: _Item, records: _Records) -> FactKey:
    return FactKey(records[item.record].id, *item.key)


def _winners(
    items: Iterable[_Item], records: _Records, stored: Mapping[FactKey, bytes]
) -> dict[FactKey, _Item]:
    """Return the fact to store at each key: the greatest content hash, if above the stored one."""
    best: dict[FactKey, _Item] = {}
    for item in items:
        key = _fact_key(item, records)
        content = best[key].content if key in best else stored.get(key, b"")
        # strictly greater: an equal hash is the same fact, and is stored already
        if item.content > content:
            best[key] = item
    # in key order, in which every transaction inserts
    return dict(sorted(best.items()))


def _row(key: FactKey, item: _Item) -> dict[str, object]:
    patient = item.patient
    return fact_rows.row(key, patient.id, item.source, patient.zone, item.reported, item.content)


def _unwritten(items: Iterable[_Item], records: _Records) -> Iterator[UnwrittenBlock]:
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


async def _raise_watermarks(conn: Connection, items: Iterable[_Item]) -> None:
    """Raise the watermarks to the latest instant that was measured, at most to its receipt.

    Skipped facts count too, so that the result does not depend on order.
    """
    latest: dict[tuple[int, int], int] = {}
    for item in items:
        measured = delivered_until_ms(item.reported)
        if measured is not None:
            key = item.patient.id, item.source
            latest[key] = max(latest.get(key, measured), measured)
    if latest:
        times = list(map(utc, latest.values()))
        await conn.execute(_WATERMARK, [*as_arrays(latest, 2), times])


def _spans(items: Iterable[_Item], removed: Iterable[Removed]) -> AffectedSpans:
    spans = removed_spans(removed)
    for item in items:
        spans[item.patient.id].append(touched_span(item.reported.fact))
    return spans


def _changed_samples(
    blocks: Iterable[_Item], new: Iterable[_Item], removed: Iterable[Removed], spans: AffectedSpans
) -> AffectedSpans:
    """Return the spans in which samples changed: those of new and of removed blocks.

    A deletion may hide or show samples anywhere in the affected spans. For a patient with a changed
    deletion, all affected spans are returned.
    """
    changed = _spans(
        [item for item in blocks if isinstance(item.reported.fact, SampleBlock)], removed
    )
    hiding = {item.patient.id for item in new if isinstance(item.reported.fact, Deletion)}
    # a removed fact without samples may have been a deletion
    hiding |= {item.patient for item in removed if item.extent is None}
    for patient in hiding:
        changed[patient] = spans[patient]
    return changed


def _retracted_intervals(items: Iterable[_Item], removed: Iterable[Removed]) -> AffectedSpans:
    """Return the intervals in which a changed deletion may hide or show workouts."""
    # a removed fact without samples and without a target may have been such a deletion
    spans = removed_spans(item for item in removed if item.extent is None and not item.target)
    for item in items:
        fact = item.reported.fact
        if isinstance(fact, Deletion) and fact.metric == BEGUN_WORKOUTS:
            spans[item.patient.id].append(span_of(fact))
    return spans


def _targets(items: Iterable[_Item], removed: Iterable[Removed]) -> RecordNames:
    """Return the records, as (patient id, record), that changed deletions and reports refer to."""
    names = {(item.patient.id, target_record(item.reported.fact)) for item in items}
    return names | {(item.patient, item.target) for item in removed}


def _session_names(items: Iterable[_Item], records: _Records) -> RecordNames:
    """Return the names, as (patient id, record), of changed sessions and of replaced records."""
    names = {(key.patient, key.record) for key, row in records.items() if row.replaced}
    for item in items:
        names.update((item.patient.id, name) for name in session_records(item.reported.fact))
    return names
