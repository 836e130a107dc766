"""Writes samples into their table with one binary COPY of complete columns.

At each key the greater (revision, value, span) is kept, so the result does not depend on the order
in which blocks arrive. `revision` is the rank of a version (`sample_rank` of
`model.versions.version_order`), and the span is how long a count holds.

The COPY first goes straight into the table. Only if a sample of the same key exists already, it is
repeated into a staging table and merged. The key has the id of the record, or 0 for samples of a
stream.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from psycopg.errors import UniqueViolation
from psycopg.sql import SQL, Identifier

from model.calendar import utc
from model.columns.runs import is_run_end
from model.facts import Instants, Values
from model.spans import Span
from storage.pg.binary_columns import COLUMNS, COPY_HEAD, COPY_TAIL, Rows, empty_rows, microseconds
from storage.pg.pool import Connection
from storage.pg.rows import fetch_column

STREAM = 0  # the record number of samples that belong to no record
PIECE = 10_000  # rows: enough that a round trip costs little beside packing them
_KEY = ("patient", "metric", "source", "record")  # the columns of a `SeriesKey`
SeriesKey: TypeAlias = tuple[int, int, int, int]  # patient, metric, source, record
_Integers: TypeAlias = NDArray[np.int64]
Columns: TypeAlias = tuple[Instants, Values, _Integers, _Integers]  # t, v, revision, span_ms

_PARTITION_LOCK = 0x73616D706C65  # "sample"
# Reads pg_class by snapshot. The cache of to_regclass may not know yet a partition that another
# worker has just committed.
_MISSING = """
select name from unnest(%s::text[]) as name
where not exists (select from pg_class where relname = name and pg_table_is_visible(oid))
  and (select relkind from pg_class where oid = 'sample'::regclass) = 'p'
order by name"""
_STAGE = "create temp table if not exists sample_stage (like sample) on commit delete rows"
# In key order: two workers that merge the same keys lock them in one order.
_UPSERT = """
insert into sample
select * from sample_stage order by patient, metric, source, time, record
on conflict (patient, metric, source, time, record)
do update set value = excluded.value, revision = excluded.revision, span_ms = excluded.span_ms
where (excluded.revision, excluded.value, excluded.span_ms)
  > (sample.revision, sample.value, sample.span_ms)"""
_COUNT = """
select count(*) from (
  select from sample
  where patient = %s and metric = %s and time >= %s and time < %s limit %s) x"""
# Bounded in time, so that only the partitions of the fact are opened. On TimescaleDB the columns of
# the key also name the batches of the columnstore that must be unpacked.
_REMOVE = """
delete from sample
where patient = %s and metric = %s and source = %s and record = %s and time >= %s and time <= %s"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Put:
    """The samples of a block, all of one series.

    `t` is int64[n] epoch ms, not decreasing; `v` is float64[n]. `until` is int64[n] epoch ms, the
    end of each sample's interval, or None where no end is stated.
    """

    series: SeriesKey
    revision: int
    t: Instants
    v: Values
    until: Instants | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """How many rows were offered, and whether all of them were new.

    If all were new, no stored sample has changed.
    """

    rows: int
    all_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where the samples of a fact are: their series, and first and last instant in epoch ms."""

    series: SeriesKey
    first_ms: int
    last_ms: int


def pack(puts: Iterable[Put]) -> Iterator[Rows]:
    """Yield the rows of all blocks in key order, each key once.

    Of equal keys, the greater (revision, value, span) is kept. Rows come in pieces of at least
    `PIECE` (the last may be smaller), so that the server works on one while the next is packed.
    """
    piece: list[tuple[SeriesKey, Columns]] = []
    waiting = 0
    for series in by_series(puts):
        piece.append(series)
        _, (t, *_) = series
        waiting += len(t)
        if waiting >= PIECE:
            yield _rows(piece)
            piece, waiting = [], 0
    if piece:
        yield _rows(piece)


async def write_samples(conn: Connection, puts: Sequence[Put]) -> Offered:
    """Store the samples of all blocks, in the caller's transaction."""
    if not any(len(put.t) for put in puts):
        return Offered(rows=0, all_new=True)
    await make_partitions(conn, puts)
    try:
        async with conn.transaction():
            return Offered(rows=await _copy(conn, "sample", puts), all_new=True)
    except UniqueViolation:
        # the savepoint has undone the COPY; the second way costs twice as much, but is rare
        await conn.execute(_STAGE)
        offered = await _copy(conn, "sample_stage", puts)
        await conn.execute(_UPSERT)
        await conn.execute("truncate sample_stage")
        return Offered(rows=offered, all_new=False)


def by_series(puts: Iterable[Put]) -> Iterator[tuple[SeriesKey, Columns]]:
    """Yield the rows of each series in key order, each key once.

    Of equal keys, the greater (revision, value, span) is kept.
    """
    values: dict[SeriesKey, list[Put]] = defaultdict(list)
    for put in puts:
        if len(put.t):
            values[put.series].append(put)
    return ((key, _series(values[key])) for key in sorted(values))


async def remove_samples(conn: Connection, extents: Sequence[Extent]) -> None:
    """Remove the samples of replaced records; samples of streams are left.

    The statement is bounded in time, so that the planner leaves out other partitions.
    """
    rows = [(*e.series, utc(e.first_ms), utc(e.last_ms)) for e in extents if e.series[3] != STREAM]
    if rows:
        async with conn.cursor() as cursor:
            await cursor.executemany(_REMOVE, rows)


async def count(conn: Connection, patient: int, metric: int, span: Span, most: int) -> int:
    """Return how many samples of a patient and metric (ids) a span has, at most `most`."""
    arguments = [patient, metric, utc(span.start_ms), utc(span.end_ms), most]
    ((counted,),) = await (await conn.execute(_COUNT, arguments)).fetchall()
    return int(counted)


async def make_partitions(conn: Connection, puts: Iterable[Put]) -> None:
    """Make the monthly partitions that the samples need, on PostgreSQL without TimescaleDB.

    A partition is made as a table and then attached, which does not block readers and writers of
    other months. Workers that need the same month wait for each other. A function of the database
    makes the tables, because a worker owns none.
    """
    # only the ends of a block are looked at, unless it spans several months
    months: set[tuple[int, int]] = set()
    for put in puts:
        if len(put.t):
            months.update(_months(put.t))
    names = {_name(month): month for month in months}
    if not await _missing(conn, names):
        return
    await conn.execute("select pg_advisory_xact_lock(%s)", [_PARTITION_LOCK])
    # another worker may have made some of them while this one waited for the lock
    for name in await _missing(conn, names):
        await conn.execute("select sample_partition(%s)", [date(*names[name], 1)])


def _rows(piece: Sequence[tuple[SeriesKey, Columns]]) -> Rows:
    """Return the rows of some series in the layout of a binary COPY."""
    keys, columns = zip(*piece, strict=True)
    t, v, revision, span_ms = zip(*columns, strict=True)
    lengths = np.array(list(map(len, t)))
    rows = empty_rows(int(lengths.sum()))
    for name, ids in zip(_KEY, np.array(keys).T, strict=True):
        rows[name] = np.repeat(ids, lengths)
    rows["time"] = microseconds(np.concatenate(t))
    # -0.0 becomes 0.0: equal values, equal bytes
    rows["value"] = np.concatenate(v) + 0.0
    rows["revision"] = np.concatenate(revision)
    rows["span_ms"] = np.concatenate(span_ms)
    return rows


def _series(puts: list[Put]) -> Columns:
    """Return the columns of a series, with t strictly increasing."""
    puts = sorted(puts, key=lambda put: int(put.t[0]))
    t = np.concatenate([put.t for put in puts])
    v = np.concatenate([put.v for put in puts])
    revision = np.concatenate([np.full(len(put.t), put.revision, np.int64) for put in puts])
    span_ms = np.concatenate(list(map(_span_ms, puts)))
    if bool(np.all(t[1:] > t[:-1])):
        return t, v, revision, span_ms
    # Two blocks of a series may overlap in time, so a sort is needed.
    # Within a block of a record the last sample counts, so resolve that before blocks are compared
    if puts[0].series[3] and any(bool(np.any(put.t[1:] == put.t[:-1])) for put in puts):
        return _series(list(map(_last_of_equals, puts)))
    order = np.lexsort((span_ms, v, revision, t))
    last = order[is_run_end(t[order])]
    return t[last], v[last], revision[last], span_ms[last]


def _span_ms(put: Put) -> _Integers:
    return np.zeros(len(put.t), np.int64) if put.until is None else put.until - put.t


def _last_of_equals(put: Put) -> Put:
    """Return a block of a record with only the last sample of each instant.

    A device corrects a sample by writing another with the same time.
    """
    last = is_run_end(put.t)
    until = None if put.until is None else put.until[last]
    return replace(put, t=put.t[last], v=put.v[last], until=until)


async def _copy(conn: Connection, table: str, puts: Sequence[Put]) -> int:
    statement = SQL("copy {} ({}) from stdin (format binary)").format(
        Identifier(table), SQL(", ").join(map(Identifier, COLUMNS))
    )
    offered = 0
    async with conn.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write(COPY_HEAD)
        for rows in pack(puts):
            await copy.write(rows.view(np.uint8).data)
            offered += len(rows)
        await copy.write(COPY_TAIL)
    return offered


def _months(t: Instants) -> Iterator[tuple[int, int]]:
    first, last = utc(int(t[0])), utc(int(t[-1]))
    if (first.year, first.month) == (last.year, last.month):
        yield first.year, first.month
        return
    for month in np.unique(
        t.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    ).tolist():
        yield 1970 + month // 12, 1 + month % 12


def _name(month: tuple[int, int]) -> str:
    return f"sample_{month[0]:04}_{month[1]:02}"


async def _missing(conn: Connection, names: Iterable[str]) -> list[str]:
    return await fetch_column(conn, _MISSING, [list(names)])
