"""Facts as rows and back: the columns that are asked for, the rest as JSON, and a hash of all that was told.

It decides nothing: which fact stands is `writer`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from psycopg.types.json import Jsonb

from model import codec, storable
from model.calendar import epoch_ms, local_date, utc
from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    Fact,
    Instrument,
    Joining,
    Report,
    SampleBlock,
    Workout,
)
from model.metrics import METRIC
from model.spans import Span
from storage.facts.samples import STREAM, Extent
from storage.pg.pool import Connection

CONTENT = 16  # bytes of a SHA-256: the hash that processors have instructions for

FactKey: TypeAlias = tuple[int, str, int, int]  # record, kind, metric, part

_INSERT = """
insert into fact (record, kind, metric, part, patient, source, start_at, end_at, offset_min, offset_origin,
                  local_date, received_at, connector, body, payload, content)
select * from unnest(%s::bigint[], %s::text[], %s::smallint[], %s::int[], %s::int[], %s::int[], %s::timestamptz[],
  %s::timestamptz[], %s::smallint[], %s::text[], %s::date[], %s::timestamptz[], %s::text[], %s::bytea[], %s::jsonb[],
  %s::bytea[])
on conflict (record, kind, metric, part) do update
set start_at = excluded.start_at, end_at = excluded.end_at, offset_min = excluded.offset_min,
    offset_origin = excluded.offset_origin, local_date = excluded.local_date, received_at = excluded.received_at,
    connector = excluded.connector, body = excluded.body, payload = excluded.payload, content = excluded.content"""
_CONTENTS = "select record, kind, metric, part, content from fact where record = any(%s)"
_REMOVE = """
delete from fact where record = any(%s)
returning record, kind, metric, patient, source, start_at, end_at, payload"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A fact that an older revision told: the patient, where it lay, what it spoke of, and its samples."""

    patient: int
    span: Span
    target: str
    extent: Extent | None


def metric_id(fact: Fact) -> int:
    """Return the stored id of a block's metric, and 0 for every other fact."""
    return METRIC[fact.metric].id if isinstance(fact, SampleBlock) else 0


def part_of(fact: Fact) -> int:
    """Return a block's part, and 0 for every other fact."""
    return fact.part if isinstance(fact, SampleBlock) else 0


def content(fact: Fact) -> bytes:
    """Return 16 bytes that are equal when two facts are, else not; arrays count by their bytes, not as text."""
    if not isinstance(fact, SampleBlock):
        return sha256(codec.encode_fact(fact)).digest()[:CONTENT]
    words = [codec.plain(fact.head), fact.metric, fact.joining.value, fact.part]
    hashed = sha256(codec.dumps(words))
    hashed.update(fact.t.astype("<i8", copy=False).tobytes())
    hashed.update(fact.v.astype("<f8", copy=False).tobytes())
    return hashed.digest()[:CONTENT]


def span_of(fact: Fact) -> Span:
    """Return what a fact says something about: its interval, widened to its samples."""
    start, end = storable.span_of(fact)
    return Span(start_ms=start, end_ms=end, samples_only=isinstance(fact, SampleBlock))


def measured_ms(fact: Fact) -> int | None:
    """Return the latest instant a fact proves to be measured; None where it proves none."""
    match fact:
        case SampleBlock():
            return int(fact.t[-1]) if len(fact.t) else None
        case Workout() | Report():
            return fact.head.end_ms
        case DaySummary():
            return fact.head.start_ms
        case Deletion():
            return None


def target_of(fact: Fact) -> str:
    """Return the record that a fact speaks of beside its own: what it deletes, or the session it reports on."""
    return (
        fact.target
        if isinstance(fact, Deletion)
        else fact.session
        if isinstance(fact, Report)
        else ""
    )


def session_names(fact: Fact) -> set[str]:
    """Return the records by which a workout or a report of one is known, or of which another report speaks."""
    own = isinstance(fact, Workout) or (
        isinstance(fact, Report) and fact.instrument is Instrument.SESSION
    )
    return {fact.head.record if own else "", fact.session if isinstance(fact, Report) else ""} - {
        ""
    }


def row(
    key: FactKey,
    patient: int,
    source: int,
    zone: str,
    attributed_fact: AttributedFact,
    digest: bytes,
) -> tuple[Any, ...]:
    """Return one row of `fact`; a date without an offset is the patient's."""
    fact, head = attributed_fact.fact, attributed_fact.fact.head
    span = span_of(fact)
    position = (
        patient,
        source,
        utc(span.start_ms),
        utc(span.end_ms),
        head.offset_min,
        head.offset_origin.value,
    )
    arrival = (
        utc(attributed_fact.received_ms),
        attributed_fact.connector,
        bytes.fromhex(attributed_fact.body),
    )
    return (
        *key,
        *position,
        _local_date(fact, zone),
        *arrival,
        Jsonb(_payload(fact), dumps=codec.dumps),
        digest,
    )


async def insert(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of `row`, replacing those of the same key."""
    if rows:
        await conn.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


async def contents(conn: Connection, records: Sequence[int]) -> dict[FactKey, bytes]:
    """Return the content of every fact that stands for these records."""
    if not records:
        return {}
    rows = await (await conn.execute(_CONTENTS, [records])).fetchall()
    return {(record, kind, metric, part): digest for record, kind, metric, part, digest in rows}


async def remove(conn: Connection, records: Sequence[int]) -> list[Removed]:
    """Remove every fact of these records and return what they were."""
    if not records:
        return []
    return [
        _removed(*columns) for columns in await (await conn.execute(_REMOVE, [records])).fetchall()
    ]


def read(kind: str, head: dict[str, Any], payload: dict[str, Any]) -> Fact:
    """Return the fact that `row` stored, given its head as plain values; not for blocks, whose samples lie apart."""
    return codec.decode_fact({"kind": kind, "head": head, **payload})


def _payload(fact: Fact) -> dict[str, Any]:
    if not isinstance(fact, SampleBlock):
        return {key: value for key, value in codec.plain(fact).items() if key != "head"}
    extent = {"first_ms": int(fact.t[0]), "last_ms": int(fact.t[-1])} if len(fact.t) else {}
    return {"joining": fact.joining.value, "n": len(fact.t), **extent}


def _local_date(fact: Fact, zone: str) -> str:
    if isinstance(fact, DaySummary):
        return fact.local_date.isoformat()
    head = fact.head
    if head.offset_min is None:
        return local_date(head.start_ms, zone).isoformat()
    return (utc(head.start_ms) + timedelta(minutes=head.offset_min)).date().isoformat()


def _removed(  # noqa: PLR0913, PLR0917 - one parameter a column
    record: int,
    kind: str,
    metric: int,
    patient: int,
    source: int,
    start: datetime,
    end: datetime,
    payload: dict[str, Any],
) -> Removed:
    target = (
        payload.get("target", "") or payload.get("session", "")
        if kind in {"deletion", "report"}
        else ""
    )
    extent = None
    if kind == "samples" and "first_ms" in payload:
        owner = record if payload["joining"] == Joining.RECORD else STREAM
        extent = Extent(
            series=(patient, metric, source, owner),
            first_ms=payload["first_ms"],
            last_ms=payload["last_ms"],
        )
    span = Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end), samples_only=kind == "samples")
    return Removed(patient=patient, span=span, target=target, extent=extent)
