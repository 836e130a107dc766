"""Stores reported facts; the result depends on what was reported, not on order or repetition.

Of a record, the version with the greater (revision, stated_ms, body) is current. Only its facts are
in `fact`, and those of older versions are removed. Samples of a stream belong to no record. They
join a series, in which the greater (revision, stated_ms, value, span) of an instant is current; the
span is how long a count holds.

It must never commit: the transaction is the caller's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap

from model.calendar import utc
from model.facts import AttributedFact
from model.spans import Span, merge
from model.versions.receipt import delivered_until_ms, history_received_ms, refusal_of
from storage.facts import fact_rows, samples, stale_hours
from storage.facts.affected import add_named_spans, workouts_begun_in
from storage.facts.batch_items import (
    BatchItem,
    batch_item,
    changed_items,
    distinct_items,
    newest_in_batch,
    unwritten_blocks,
    winning_items,
)
from storage.facts.fact_rows import FactKey
from storage.facts.ids import PatientRow, lock_patients, record_rows, source_ids
from storage.facts.parser_versions import outdated
from storage.facts.sample_reads import UnwrittenBlock
from storage.facts.touched import (
    changed_sample_spans,
    retracted_intervals,
    session_names_of,
    target_names,
    touched_spans,
)
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

UNKNOWN = "the patient is not known"

# A watermark never goes back here; only replay, which reads everything, may set it lower.
_WATERMARK = """
insert into watermark (patient, source, time, history_at)
select * from unnest(%s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[]) order by 1, 2
on conflict (patient, source) do update set time = greatest(watermark.time, excluded.time),
  history_at = greatest(watermark.history_at, excluded.history_at)
where excluded.time > watermark.time
  or excluded.history_at > coalesce(watermark.history_at, '-infinity')"""


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
    items = distinct_items(
        batch_item(item, patients[item.patient], sources[item.fact.head.source]) for item in kept
    )
    written = await _store(conn, items)
    return replace(written, skipped=len(kept) - written.new, refused=refused)


async def _store(conn: Connection, items: list[BatchItem]) -> Written:
    records = await record_rows(conn, newest_in_batch(items))
    removed = await fact_rows.remove_with_samples(
        conn, [row.id for row in records.values() if row.replaced]
    )
    # a new record has no stored facts, and those of a replaced record were removed above
    unchanged = [row.id for row in records.values() if row.before and not row.replaced]
    stored = await fact_rows.contents(conn, unchanged)
    current, blocks = changed_items(items, records, stored)
    new = winning_items(current, records, stored)
    await fact_rows.insert_facts(conn, list(starmap(_row, new.items())))
    await _raise_watermarks(conn, items)
    spans = touched_spans([*new.values(), *(item for item in blocks if item.stream)], removed)
    begun = await workouts_begun_in(conn, retracted_intervals(new.values(), removed))
    # facts that refer to each other may be years apart, so the spans alone are not enough
    await add_named_spans(
        conn,
        spans,
        targets=target_names(new.values(), removed),
        sessions=session_names_of(new.values(), records) | begun,
    )
    await stale_hours.mark_stale(conn, changed_sample_spans(blocks, new.values(), removed, spans))
    names = {item.patient.id: item.reported.patient for item in items}
    return Written(
        affected={names[patient]: merge(many) for patient, many in spans.items()},
        new=len(new),
        skipped=0,
        unwritten=tuple(unwritten_blocks(blocks, records)),
    )


def _refused(
    reported: Iterable[AttributedFact], patients: Mapping[str, PatientRow]
) -> Iterator[_Refused]:
    for index, item in enumerate(reported):
        why = refusal_of(item) if item.patient in patients else UNKNOWN
        if why:
            yield _Refused(index=index, why=why)


def _row(key: FactKey, item: BatchItem) -> dict[str, object]:
    patient = item.patient
    return fact_rows.row(key, patient.id, item.source, patient.zone, item.reported, item.content)


async def _raise_watermarks(conn: Connection, items: Iterable[BatchItem]) -> None:
    """Raise the watermarks to the latest instant that was measured, at most to its receipt.

    Skipped facts count too, so that the result does not depend on order. With each goes when the
    source delivered last what was old by then.
    """
    latest: dict[tuple[int, int], int] = {}
    loaded: dict[tuple[int, int], int] = {}
    for item in items:
        measured = delivered_until_ms(item.reported)
        if measured is not None:
            key = item.patient.id, item.source
            latest[key] = max(latest.get(key, measured), measured)
            history_ms = history_received_ms(item.reported)
            if history_ms is not None:
                loaded[key] = max(loaded.get(key, history_ms), history_ms)
    if latest:
        times = list(map(utc, latest.values()))
        histories = [utc(loaded[key]) if key in loaded else None for key in latest]
        await conn.execute(_WATERMARK, [*as_arrays(latest, 2), times, histories])
