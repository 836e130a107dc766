"""Stores facts so that order, duplication and splitting do not matter: the end state depends on what was told only.

A record has revisions; the one with the greater (revision, body) stands, its facts are in `fact`, and what an
older one said is removed. Blocks of a nameless stream are never superseded: their points join one series, and at
one instant the greater (revision, value) stands. It must never commit: the transaction is the caller's.

A body tells a part of a record once; should it tell two that differ, the one with the greater hash stands.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from model.calendar import utc
from model.codec import kind_of
from model.facts import AttributedFact, Deletion, Joining, SampleBlock
from model.metrics import METRIC
from model.spans import Span, merge
from model.storable import refusal
from storage.derived import rollups
from storage.derived.affected import AffectedSpans, add_spoken_of, removed_spans
from storage.derived.window_samples import Fresh
from storage.facts import fact_rows, samples
from storage.facts.fact_rows import FactKey, Removed
from storage.facts.ids import (
    PatientRow,
    RecordKey,
    RecordRow,
    Standing,
    lock_patients,
    record_rows,
    source_ids,
)
from storage.facts.readings import outdated
from storage.pg.pool import Connection

UNKNOWN = "the patient is not known"

_WATERMARK = """
insert into watermark (patient, source, time)
select * from unnest(%s::int[], %s::int[], %s::timestamptz[]) order by 1, 2
on conflict (patient, source) do update set time = excluded.time where excluded.time > watermark.time"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A fact that cannot be stored, by its place in the batch, and why: for the dead letters."""

    index: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a batch did.

    `touched` says, for each patient, where derived rows may have become stale. `new` counts facts stored,
    `skipped` those that were there already or older than what stands, `samples` the rows offered. `fresh` are the
    samples that are still to be written.
    """

    touched: dict[str, tuple[Span, ...]]
    new: int
    skipped: int
    samples: int = 0
    refused: tuple[Refused, ...] = ()
    fresh: tuple[Fresh, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One fact of the batch, with the keys of its rows."""

    told: AttributedFact
    patient: PatientRow
    source: int
    record: RecordKey
    standing: Standing
    content: bytes

    @property
    def within(self) -> tuple[str, int, int]:
        fact = self.told.fact
        return kind_of(fact), fact_rows.metric_id(fact), fact_rows.part_of(fact)

    @property
    def stream(self) -> bool:
        fact = self.told.fact
        return isinstance(fact, SampleBlock) and fact.joining is Joining.STREAM


async def write_facts(conn: Connection, attributed_facts: Sequence[AttributedFact]) -> Written:
    """Store a batch of facts with their samples, as `put_facts` does."""
    written = await put_facts(conn, attributed_facts)
    offered = await samples.write(conn, [item.put for item in written.fresh])
    return replace(written, samples=offered.rows, fresh=())


async def put_facts(conn: Connection, attributed_facts: Sequence[AttributedFact]) -> Written:
    """Store a batch of facts of any patients, in the caller's transaction; the patients stay locked until it ends.

    The samples of blocks are left to the caller, who may want to look at what was there before. A fact that cannot be
    stored (unknown patient, or `storable.refusal`) is in `refused`; the others are stored. Redelivery of a stored
    fact changes nothing, nor does one of a body that was read anew since.
    """
    patients = await lock_patients(conn, {fact.patient for fact in attributed_facts})
    refused = tuple(
        Refused(index=n, why=why)
        for n, item in enumerate(attributed_facts)
        if (why := _refusal(item, patients))
    )
    skip = {item.index for item in refused} | await outdated(conn, attributed_facts)
    kept = [item for n, item in enumerate(attributed_facts) if n not in skip]
    sources = await source_ids(conn, {item.fact.head.source for item in kept})
    items = _distinct(
        _item(item, patients[item.patient], sources[item.fact.head.source]) for item in kept
    )
    return await _store(conn, items, len(kept), refused)


async def _store(
    conn: Connection, items: list[_Item], number: int, refused: tuple[Refused, ...]
) -> Written:
    records = await record_rows(conn, _best(items))
    removed = await fact_rows.remove(conn, [row.id for row in records.values() if row.replaced])
    await samples.remove(conn, [item.extent for item in removed if item.extent])
    there = await fact_rows.contents(
        conn, [row.id for row in records.values() if row.before and not row.replaced]
    )
    fresh = [item for item in items if there.get(_key(item, records)) != item.content]
    new = _winners(
        [item for item in fresh if item.standing == records[item.record].now], records, there
    )
    await fact_rows.insert(conn, [_row(key, item) for key, item in new.items()])
    blocks = [item for item in fresh if item.stream or item.standing == records[item.record].now]
    await _watermarks(conn, items)
    spans = _spans([*new.values(), *(item for item in blocks if item.stream)], removed)
    told_of = {
        (item.patient.id, name)
        for item in new.values()
        for name in fact_rows.session_names(item.told.fact)
    }
    told_of |= {(key[0], key[2]) for key, row in records.items() if row.replaced}
    await add_spoken_of(conn, spans, spoken_of=_spoken_of(new.values(), removed), told_of=told_of)
    names = {item.patient.id: item.told.patient for item in items}
    await rollups.mark(conn, _measured(blocks, new.values(), removed, spans))
    touched = {names[patient]: merge(matches) for patient, matches in spans.items()}
    puts = tuple(_fresh(blocks, records))
    return Written(
        touched=touched, new=len(new), skipped=number - len(new), refused=refused, fresh=puts
    )


def _refusal(attributed_fact: AttributedFact, patients: dict[str, PatientRow]) -> str:
    """Return why a fact cannot be stored, or an empty text. The text never holds a value."""
    return refusal(attributed_fact.fact) if attributed_fact.patient in patients else UNKNOWN


def _item(attributed_fact: AttributedFact, patient: PatientRow, source: int) -> _Item:
    head = attributed_fact.fact.head
    return _Item(
        told=attributed_fact,
        patient=patient,
        source=source,
        record=(patient.id, source, head.record),
        standing=(head.revision, bytes.fromhex(attributed_fact.body)),
        content=fact_rows.content(attributed_fact.fact),
    )


def _distinct(items: Iterable[_Item]) -> list[_Item]:
    """Return the items without repetitions of the same fact from the same body."""
    return list(
        {(item.record, item.within, item.standing, item.content): item for item in items}.values()
    )


def _best(items: Iterable[_Item]) -> dict[RecordKey, Standing]:
    best: dict[RecordKey, Standing] = {}
    for item in items:
        best[item.record] = max(best.get(item.record, item.standing), item.standing)
    return best


def _key(item: _Item, records: dict[RecordKey, RecordRow]) -> FactKey:
    return (records[item.record].id, *item.within)


def _winners(
    items: Iterable[_Item], records: dict[RecordKey, RecordRow], there: dict[FactKey, bytes]
) -> dict[FactKey, _Item]:
    """Return the fact to store at each key: the greatest content, if it is greater than what is there."""
    best: dict[FactKey, _Item] = {}
    for item in items:
        key = _key(item, records)
        standing = best[key].content if key in best else there.get(key, b"")
        if item.content > standing:
            best[key] = item
    return dict(sorted(best.items()))


def _row(key: FactKey, item: _Item) -> tuple[object, ...]:
    return fact_rows.row(
        key, item.patient.id, item.source, item.patient.zone, item.told, item.content
    )


def _fresh(items: Iterable[_Item], records: dict[RecordKey, RecordRow]) -> Iterator[Fresh]:
    for item in items:
        fact = item.told.fact
        if isinstance(fact, SampleBlock):
            owner = samples.STREAM if item.stream else records[item.record].id
            series = (item.patient.id, METRIC[fact.metric].id, item.source, owner)
            put = samples.Put(series=series, revision=fact.head.revision, t=fact.t, v=fact.v)
            yield Fresh(
                put=put, source=fact.head.source, record="" if item.stream else fact.head.record
            )


async def _watermarks(conn: Connection, items: Iterable[_Item]) -> None:
    """Raise the watermarks by all that was told, also by what was skipped: then order cannot matter."""
    latest: dict[tuple[int, int], int] = {}
    for item in items:
        measured = fact_rows.measured_ms(item.told.fact)
        if measured is not None:
            key = item.patient.id, item.source
            latest[key] = max(latest.get(key, measured), measured)
    if latest:
        patients, sources = zip(*latest, strict=True)
        await conn.execute(
            _WATERMARK, [list(patients), list(sources), [utc(ms) for ms in latest.values()]]
        )


def _spans(items: Iterable[_Item], removed: Iterable[Removed]) -> AffectedSpans:
    spans = removed_spans(removed)
    for item in items:
        spans[item.patient.id].append(fact_rows.span_of(item.told.fact))
    return spans


def _measured(
    blocks: Iterable[_Item], new: Iterable[_Item], removed: Iterable[Removed], spans: AffectedSpans
) -> AffectedSpans:
    """Return where samples say something else now: where blocks lie and lay, and all of `spans` where one is hidden."""
    measured = _spans((item for item in blocks if isinstance(item.told.fact, SampleBlock)), removed)
    hiding = {item.patient.id for item in new if isinstance(item.told.fact, Deletion)}
    hiding |= {item.patient for item in removed if item.extent is None}
    return {**measured, **{patient: spans[patient] for patient in hiding}}


def _spoken_of(items: Iterable[_Item], removed: Iterable[Removed]) -> set[tuple[int, str]]:
    """Return (patient, record) of what deletions delete and reports report on."""
    spoken = {(item.patient.id, fact_rows.target_of(item.told.fact)) for item in items}
    return spoken | {(item.patient, item.target) for item in removed}
