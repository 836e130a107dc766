"""Reads and removes the current records of a patient from one vendor, for replay.

What is removed here must be stored again in the same transaction, from the facts that today's
readers make of its payloads. This module does not know how a payload is read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from psycopg.rows import dict_row

from model.calendar import epoch_ms, utc
from model.fact_properties import span_touched_by_deletion
from model.facts import Source
from model.metrics import METRIC_BY_ID
from model.spans import Span, merge
from model.versions.version_order import VersionOrder
from storage.facts import fact_rows, stale_hours
from storage.facts.affected import AffectedSpans, add_named_spans, removed_spans
from storage.facts.fact_rows import Removed
from storage.facts.ids import SOURCE_COLUMNS, PatientRow, read_source, source_ids
from storage.facts.samples import STREAM
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection

FactPart: TypeAlias = tuple[str, int, int]  # kind, metric id (0: none), part
RecordName: TypeAlias = tuple[Source, str]


class Stretch(NamedTuple):
    """Samples of a stream: the metric's id, and the first and last instant in epoch ms.

    Samples of a stream belong to no record. They join the series of their source.
    """

    metric: int
    first_ms: int
    last_ms: int


# A transaction that keeps a payload locks the patient "for key share". "for update" waits for it,
# so that replay sees every payload.
_LOCK = "select id, zone from patient where pseudonym = %s for update"
_CURRENT = """
select s.vendor, s.app, s.device, s.device_type, s.method, r.record, r.id, r.revision,
       r.stated_ms, r.body, f.kind, f.metric, f.part, f.content,
       f.payload ->> 'joining' = 'stream' as is_stream,
       (f.payload ->> 'first_ms')::bigint as first_ms, (f.payload ->> 'last_ms')::bigint as last_ms
from record r
join source s on s.id = r.source
left join fact f on f.record = r.id
where r.patient = %s and s.vendor = %s"""
# bounded in time, so that the planner leaves out partitions, and the columnstore its other batches
_CLEAR = """
delete from sample
where patient = %s and metric = %s and source = %s and record = %s and time >= %s and time <= %s"""
# Facts are removed before: their rows would go with the record, and nothing would tell their spans.
_DELETE = "delete from record where id = any(%s) returning patient, record"
_SPANS = """
select start_at, end_at from fact where patient = %s and body = any(%s) and kind <> 'deletion'"""
_READ_BY = """
update body set parser = %s where patient = %s and sha256 = any(%s) and parser <> %s"""
_WATERMARKS = """
select s.vendor, s.app, s.device, s.device_type, s.method, w.time
from watermark w join source s on s.id = w.source
where w.patient = %s and s.vendor = %s"""
# unlike the writer's statement this one may set an earlier time
_SET_WATERMARK = """
insert into watermark (patient, source, time) values (%s, %s, %s)
on conflict (patient, source) do update set time = excluded.time"""
_DROP_WATERMARK = "delete from watermark where patient = %s and source = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecord:
    """A version of a record: its place, the content hash of each fact, and its stretches."""

    order: VersionOrder
    contents: Mapping[FactPart, bytes]
    stretches: frozenset[Stretch] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRecord:
    """The current version of a record, with the record's id.

    `body` is the SHA-256 (hex) of the payload that reported the version.
    """

    id: int
    body: str
    version: ReportedRecord


async def lock(conn: Connection, patient: str) -> PatientRow:
    """Lock a patient until the transaction ends; no payload can be kept meanwhile.

    Raises `UnknownNameError` for an unknown patient.
    """
    row = await (await conn.execute(_LOCK, [patient])).fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    return PatientRow(id=row[0], zone=row[1])


async def current_records(
    conn: Connection, patient: int, vendor: str
) -> dict[RecordName, CurrentRecord]:
    """Return the current records of a patient (by id) from a vendor, by (source, record)."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CURRENT, [patient, vendor])
        rows = await cursor.fetchall()
    by_record: dict[RecordName, list[dict[str, Any]]] = {}
    for row in rows:
        source = read_source(row[name] for name in SOURCE_COLUMNS)
        by_record.setdefault((source, row["record"]), []).append(row)
    return {name: _current(own) for name, own in by_record.items()}


async def remove_records(
    conn: Connection,
    patient: int,
    records: Collection[CurrentRecord],
    stretches: Iterable[tuple[Source, Stretch]],
) -> AffectedSpans:
    """Remove records with their facts and samples, and all samples of streams in `stretches`.

    Returns the spans in which derived rows may be stale. The caller must store again the facts of
    every payload that reports one of these records or samples within these stretches.
    """
    ids = [record.id for record in records]
    removed = await fact_rows.remove_with_samples(conn, ids)
    cleared = await _clear(conn, patient, list(stretches))
    # names of records that are gone: a report or deletion elsewhere may refer to them
    names = set(await (await conn.execute(_DELETE, [ids])).fetchall())
    affected = await _affected(conn, removed, names)
    await stale_hours.mark_stale(conn, {patient: [*affected.get(patient, []), *cleared]})
    return affected


async def set_parser(conn: Connection, patient: int, bodies: Collection[str], parser: int) -> int:
    """Record which version of the reader the facts of these payloads (SHA-256 in hex) are from.

    Returns how many payloads had another version before.
    """
    digests = list(map(bytes.fromhex, bodies))
    return (await conn.execute(_READ_BY, [parser, patient, digests, parser])).rowcount


async def spans_of_bodies(
    conn: Connection, patient: int, bodies: Collection[str]
) -> tuple[Span, ...]:
    """Return the merged spans of the current facts of these payloads (SHA-256 in hex)."""
    digests = list(map(bytes.fromhex, bodies))
    rows = await (await conn.execute(_SPANS, [patient, digests])).fetchall()
    return merge(Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end)) for start, end in rows)


async def set_watermarks(
    conn: Connection, patient: int, vendor: str, measured: Mapping[Source, int]
) -> bool:
    """Set the watermark (epoch ms) of every source of a vendor; return whether any changed.

    A source that is not in `measured` loses its watermark. The caller must have read every payload
    that the vendor ever sent for the patient, because a watermark may go back here.
    """
    rows = await (await conn.execute(_WATERMARKS, [patient, vendor])).fetchall()
    stored = {read_source(source): epoch_ms(time) for *source, time in rows}
    # an item of one of them only, or with another time
    differing = {source for source, _ in stored.items() ^ measured.items()}
    sources = await source_ids(conn, differing)
    for source in differing:
        if source in measured:
            await conn.execute(_SET_WATERMARK, [patient, sources[source], utc(measured[source])])
        else:
            await conn.execute(_DROP_WATERMARK, [patient, sources[source]])
    return bool(differing)


def _current(rows: Collection[Mapping[str, Any]]) -> CurrentRecord:
    """Return a record from its rows: a row for each fact, or a single row without any fact."""
    contents: dict[FactPart, bytes] = {}
    stretches: set[Stretch] = set()
    for row in rows:
        if row["kind"] is not None:
            contents[row["kind"], row["metric"], row["part"]] = row["content"]
        if row["is_stream"] and row["first_ms"] is not None:
            stretches.add(Stretch(row["metric"], row["first_ms"], row["last_ms"]))
    first = next(iter(rows))
    version = ReportedRecord(
        order=VersionOrder(revision=first["revision"], stated_ms=first["stated_ms"]),
        contents=contents,
        stretches=frozenset(stretches),
    )
    return CurrentRecord(id=first["id"], body=first["body"].hex(), version=version)


async def _clear(
    conn: Connection, patient: int, stretches: Sequence[tuple[Source, Stretch]]
) -> list[Span]:
    """Remove the samples of streams in these stretches, and return their spans."""
    sources = await source_ids(conn, {source for source, _ in stretches})
    extents: list[tuple[Any, ...]] = []
    spans: list[Span] = []
    for source, (metric, first_ms, last_ms) in stretches:
        extents.append((patient, metric, sources[source], STREAM, utc(first_ms), utc(last_ms)))
        # a stretch includes its last instant, a span does not include its end
        span = Span(start_ms=first_ms, end_ms=last_ms + 1)
        spans.append(span_touched_by_deletion(span, METRIC_BY_ID[metric].name))
    if extents:
        async with conn.cursor() as cursor:
            await cursor.executemany(_CLEAR, extents)
    return spans


async def _affected(
    conn: Connection, removed: Collection[Removed], names: set[tuple[int, str]]
) -> AffectedSpans:
    spans = removed_spans(removed)
    targets = {(item.patient, item.target) for item in removed}
    await add_named_spans(conn, spans, targets=targets, sessions=names)
    return spans
