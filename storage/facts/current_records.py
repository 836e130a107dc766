"""What stands of one source of a patient, record by record, and taking it back: for `kadens replay`.

Nothing here knows how bodies are read. What is taken back here must be told anew in the same transaction.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from model.calendar import epoch_ms, utc
from model.facts import Source
from model.spans import Span, merge
from storage.derived import rollups
from storage.derived.affected import AffectedSpans, add_spoken_of, removed_spans
from storage.facts import fact_rows, samples
from storage.facts.fact_rows import Removed
from storage.facts.ids import PatientRow, read_source, source_ids
from storage.facts.samples import STREAM, Extent
from storage.people.people import UnknownNameError
from storage.pg.pool import Connection

Within: TypeAlias = tuple[str, int, int]  # kind, metric (0: none), part
RecordName: TypeAlias = tuple[Source, str]
Stretch: TypeAlias = tuple[
    int, int, int
]  # metric, first and last epoch ms: samples that joined the source's series

# key shares are what the normaliser holds while it keeps a body: this waits for them, so that every body is seen
_LOCK = "select id, zone from patient where pseudonym = %s for update"
_STANDING = """
select s.vendor, s.app, s.device, s.device_type, s.method, r.record, r.id, r.revision, r.body,
       f.kind, f.metric, f.part, f.content, f.payload ->> 'joining' = 'stream',
       (f.payload ->> 'first_ms')::bigint, (f.payload ->> 'last_ms')::bigint
from record r join source s on s.id = r.source left join fact f on f.record = r.id
where r.patient = %s and s.vendor = %s"""
_CLEAR = """
delete from sample
where patient = %s and metric = %s and source = %s and record = %s and time >= %s and time <= %s"""
_FORGET = "delete from record where id = any(%s) returning patient, record"
_TOLD = (
    "select start_at, end_at from fact where patient = %s and body = any(%s) and kind <> 'deletion'"
)
_READ_BY = """
update body set parser = %s where patient = %s and sha256 = any(%s) and parser <> %s"""
_WATERMARKS = """
select s.vendor, s.app, s.device, s.device_type, s.method, w.time
from watermark w join source s on s.id = w.source where w.patient = %s and s.vendor = %s"""
_SET_WATERMARK = """
insert into watermark (patient, source, time) values (%s, %s, %s)
on conflict (patient, source) do update set time = excluded.time"""
_DROP_WATERMARK = "delete from watermark where patient = %s and source = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecord:
    """What one body tells of a record: its revision, a hash of each fact, and which samples joined the series."""

    revision: int
    contents: Mapping[Within, bytes]
    stretches: frozenset[Stretch] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRecord:
    """A record as it stands: its surrogate, and the body (hex) whose telling it is."""

    id: int
    body: str
    telling: ReportedRecord


async def lock(conn: Connection, patient: str) -> PatientRow:
    """Lock a patient until the transaction ends, also against bodies being kept; raises `UnknownNameError`."""
    row = await (await conn.execute(_LOCK, [patient])).fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    return PatientRow(id=row[0], zone=row[1])


async def standing(conn: Connection, patient: int, vendor: str) -> dict[RecordName, CurrentRecord]:
    """Return what stands of a patient (a surrogate) by a vendor."""
    rows = await (await conn.execute(_STANDING, [patient, vendor])).fetchall()
    by_record: dict[RecordName, list[Any]] = {}
    for (
        *source,
        record,
        id_,
        revision,
        body,
        kind,
        metric,
        part,
        content,
        stream,
        first,
        last,
    ) in rows:
        result = by_record.setdefault(
            (read_source(source), record), [id_, body.hex(), revision, {}, set()]
        )
        if kind is not None:
            result[3][kind, metric, part] = content
        if stream and first is not None:
            result[4].add((metric, first, last))
    return {name: _stood(*answer) for name, answer in by_record.items()}


async def take_back(
    conn: Connection,
    patient: int,
    records: Collection[CurrentRecord],
    stretches: Iterable[tuple[Source, Stretch]],
) -> AffectedSpans:
    """Remove records with their facts and samples, and every sample of the series within the stretches.

    Returns where derived rows may have become stale. Every body that spoke of these records, or had samples in
    these stretches, must be told anew.
    """
    ids = [record.id for record in records]
    removed = await fact_rows.remove(conn, ids)
    await samples.remove(conn, [item.extent for item in removed if item.extent])
    cleared = [*stretches]
    sources = await source_ids(conn, {source for source, _ in cleared})
    await _clear(conn, [_extent(patient, sources[source], stretch) for source, stretch in cleared])
    names = {
        (owner, record) for owner, record in await (await conn.execute(_FORGET, [ids])).fetchall()
    }
    touched = await _touched(conn, removed, names)
    where = [Span(start_ms=first, end_ms=last + 1) for _, (_, first, last) in cleared]
    await rollups.mark(conn, {patient: [*touched.get(patient, []), *where]})
    return touched


async def read_by(conn: Connection, patient: int, bodies: Collection[str], parser: int) -> int:
    """Note that what stands of these bodies (hex) is what a version of the parser reads; return how many are new."""
    matches = await conn.execute(
        _READ_BY, [parser, patient, [bytes.fromhex(sha) for sha in bodies], parser]
    )
    return matches.rowcount


async def told_spans(conn: Connection, patient: int, bodies: Collection[str]) -> tuple[Span, ...]:
    """Return where lies what these bodies (hex) tell of and what stands."""
    matches = await conn.execute(_TOLD, [patient, [bytes.fromhex(sha) for sha in bodies]])
    return merge(
        Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end))
        for start, end in await matches.fetchall()
    )


async def set_watermarks(
    conn: Connection, patient: int, vendor: str, measured: Mapping[Source, int]
) -> bool:
    """Set the latest measured instant (epoch ms) of each source of a vendor to exactly these; tell whether any moved.

    For a caller who has read everything that the vendor ever told of the patient.
    """
    rows = await (await conn.execute(_WATERMARKS, [patient, vendor])).fetchall()
    there = {read_source(source): epoch_ms(time) for *source, time in rows}
    differing = {
        source
        for source in there.keys() | measured.keys()
        if there.get(source) != measured.get(source)
    }
    sources = await source_ids(conn, differing)
    for source in differing:
        if source in measured:
            await conn.execute(_SET_WATERMARK, [patient, sources[source], utc(measured[source])])
        else:
            await conn.execute(_DROP_WATERMARK, [patient, sources[source]])
    return bool(differing)


def _stood(
    id_: int, body: str, revision: int, contents: dict[Within, bytes], stretches: set[Stretch]
) -> CurrentRecord:
    telling = ReportedRecord(revision=revision, contents=contents, stretches=frozenset(stretches))
    return CurrentRecord(id=id_, body=body, telling=telling)


def _extent(patient: int, source: int, stretch: Stretch) -> Extent:
    metric, first, last = stretch
    return Extent(series=(patient, metric, source, STREAM), first_ms=first, last_ms=last)


async def _clear(conn: Connection, extents: Iterable[Extent]) -> None:
    rows = [(*extent.series, utc(extent.first_ms), utc(extent.last_ms)) for extent in extents]
    if rows:
        async with conn.cursor() as cursor:
            await cursor.executemany(_CLEAR, rows)


async def _touched(
    conn: Connection, removed: Collection[Removed], names: set[tuple[int, str]]
) -> AffectedSpans:
    spans = removed_spans(removed)
    await add_spoken_of(
        conn, spans, spoken_of={(item.patient, item.target) for item in removed}, told_of=names
    )
    return spans
