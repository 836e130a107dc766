"""Converts facts to rows of the table `fact` and back, and writes and removes these rows.

Values that queries use have their own columns; the rest of a fact is JSON. Samples are in their own
table, so the row of a sample block has only their first and last instant. `writer` decides which
fact is current.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from model import codec
from model.calendar import epoch_ms, local_date, utc
from model.fact_properties import span_of, span_touched_by_deletion, span_touched_by_samples
from model.facts import AttributedFact, DaySummary, Fact, Joining, SampleBlock
from model.metrics import METRIC_BY_ID
from model.spans import Span
from storage.facts.samples import STREAM, Extent, remove_samples
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

# One array for each column: the statement is planned once, and a batch is one round trip.
_INSERT = """
insert into fact (record, kind, metric, part, patient, source, start_at, end_at, offset_min,
                  offset_origin, local_date, received_at, connector, body, payload, content)
select * from unnest(
  %(record)s::bigint[], %(kind)s::text[], %(metric)s::smallint[], %(part)s::int[],
  %(patient)s::int[], %(source)s::int[], %(start_at)s::timestamptz[], %(end_at)s::timestamptz[],
  %(offset_min)s::smallint[], %(offset_origin)s::text[], %(local_date)s::date[],
  %(received_at)s::timestamptz[], %(connector)s::text[], %(body)s::bytea[], %(payload)s::jsonb[],
  %(content)s::bytea[])
on conflict (record, kind, metric, part) do update
set start_at = excluded.start_at, end_at = excluded.end_at, offset_min = excluded.offset_min,
    offset_origin = excluded.offset_origin, local_date = excluded.local_date,
    received_at = excluded.received_at, connector = excluded.connector, body = excluded.body,
    payload = excluded.payload, content = excluded.content"""
_CONTENTS = "select record, kind, metric, part, content from fact where record = any(%s)"
_REMOVE = """
delete from fact where record = any(%s)
returning record, kind, metric, patient, source, start_at, end_at, payload"""


class FactKey(NamedTuple):
    """The primary key of `fact`: the record's id, and kind, metric id and part of the fact."""

    record: int
    kind: str
    metric: int
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A removed fact: its patient (id), its span, and the record that it refers to (`target`).

    `target` is "" for a fact that refers to none. `extent` is where its samples are, None for a
    fact without samples.
    """

    patient: int
    span: Span
    target: str
    extent: Extent | None


def row(
    key: FactKey, patient: int, source: int, zone: str, reported: AttributedFact, content: bytes
) -> dict[str, Any]:
    """Return a row of `fact` by column name.

    `zone` is the patient's IANA zone. It decides the local date of a fact without a UTC offset.
    """
    fact, head = reported.fact, reported.fact.head
    span = span_of(fact)
    return {
        **key._asdict(),
        "patient": patient,
        "source": source,
        "start_at": utc(span.start_ms),
        "end_at": utc(span.end_ms),
        "offset_min": head.offset_min,
        "offset_origin": head.offset_origin.value,
        "local_date": _local_date(fact, zone),
        "received_at": utc(reported.received_ms),
        "connector": reported.connector,
        "body": bytes.fromhex(reported.body),
        "payload": Jsonb(_payload(fact), dumps=codec.dumps),
        "content": content,
    }


async def insert_facts(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows made by `row` in one statement; they replace rows with the same key."""
    if rows:
        columns = as_arrays(map(tuple, map(dict.values, rows)), len(rows[0]))
        await conn.execute(_INSERT, dict(zip(rows[0], columns, strict=True)))


async def contents(conn: Connection, records: Sequence[int]) -> dict[FactKey, bytes]:
    """Return the content hash of every stored fact of these records (ids), by key."""
    if not records:
        return {}
    cursor = await conn.execute(_CONTENTS, [records])
    return {FactKey(*key): content for *key, content in await cursor.fetchall()}


async def remove_facts(conn: Connection, records: Sequence[int]) -> list[Removed]:
    """Remove every fact of these records (ids) and return them; their samples are not removed."""
    if not records:
        return []
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_REMOVE, [records])
        return list(map(_removed, await cursor.fetchall()))


async def remove_with_samples(conn: Connection, records: Sequence[int]) -> list[Removed]:
    """Remove every fact of these records (ids) with their samples; return the facts."""
    # the facts first: only their rows tell where their samples are
    removed = await remove_facts(conn, records)
    await remove_samples(conn, [item.extent for item in removed if item.extent])
    return removed


def read_fact(kind: str, head: dict[str, Any], payload: dict[str, Any]) -> Fact:
    """Return the fact of a stored row; `head` has plain values. Not for sample blocks."""
    # the samples of a block are in their own table, so such a fact cannot be read from its row
    return codec.decode_fact({"kind": kind, "head": head, **payload})


def _payload(fact: Fact) -> dict[str, Any]:
    if not isinstance(fact, SampleBlock):
        return {key: value for key, value in codec.plain(fact).items() if key != "head"}
    # `_stored_extent` reads these when the fact is removed, to find its samples in their table
    extent = {"first_ms": int(fact.t[0]), "last_ms": int(fact.t[-1])} if len(fact.t) else {}
    return {"joining": fact.joining.value, "n": len(fact.t), **extent}


def _local_date(fact: Fact, zone: str) -> str:
    if isinstance(fact, DaySummary):
        return fact.local_date.isoformat()
    head = fact.head
    # the offset of the device counts first: a traveller's day is the day where the device was
    if head.offset_min is None:
        return local_date(head.start_ms, zone).isoformat()
    # as wall-clock time of a fixed offset; no zone rules apply to it
    return (utc(head.start_ms) + timedelta(minutes=head.offset_min)).date().isoformat()


def _removed(row: Mapping[str, Any]) -> Removed:
    is_block = row["kind"] == "samples"
    return Removed(
        patient=row["patient"],
        span=_stored_touched(row),
        target=_stored_target(row),
        extent=_stored_extent(row) if is_block else None,
    )


def _stored_touched(row: Mapping[str, Any]) -> Span:
    """Return what `touched_span` returned for the fact when it was stored."""
    is_block = row["kind"] == "samples"
    start_ms, end_ms = epoch_ms(row["start_at"]), epoch_ms(row["end_at"])
    span = Span(start_ms=start_ms, end_ms=end_ms, samples_only=is_block)
    if is_block:
        return span_touched_by_samples(span, METRIC_BY_ID[row["metric"]].name)
    if row["kind"] == "deletion" and not row["payload"]["target"]:
        return span_touched_by_deletion(span, row["payload"]["metric"])
    return span


def _stored_target(row: Mapping[str, Any]) -> str:
    """Return what `target_record` returned for the fact when it was stored."""
    if row["kind"] not in {"deletion", "report"}:
        return ""
    target: str = row["payload"].get("target", "") or row["payload"].get("session", "")
    return target


def _stored_extent(row: Mapping[str, Any]) -> Extent | None:
    payload = row["payload"]
    if "first_ms" not in payload:
        return None
    owner = row["record"] if payload["joining"] == Joining.RECORD else STREAM
    return Extent(
        series=(row["patient"], row["metric"], row["source"], owner),
        first_ms=payload["first_ms"],
        last_ms=payload["last_ms"],
    )
