"""Reads and writes rollups of hours and days, for every metric and source. Computes none of them.

A row covers only the minutes for which its source is the selected source, so the rows of all
sources add up. Rows may be older than their samples where `facts.stale_hours` has a mark.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.calendar import utc
from model.columns.rollups import Cells
from model.facts import Source
from model.spans import Span
from storage.facts.ids import read_source
from storage.pg import binary_columns, rows
from storage.pg.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupTable:
    """A table of rollups; `at` is the column with the start of a row's hour or day."""

    name: str
    at: str

    @property
    def drop(self) -> bytes:
        """Return the statement that removes a patient's rows that begin in a span."""
        where = f"patient = %s and {self.at} >= %s and {self.at} < %s"
        return f"delete from {self.name} where {where}".encode()  # noqa: S608 - names of this file

    @property
    def put(self) -> bytes:
        """Return the statement that adds rows of a patient."""
        columns = f"patient, metric, {self.at}, source, n, low, high, total"
        integers = "%s::int2[], %s::timestamptz[], %s::int[], %s::int[]"
        values = f"{integers}, %s::float8[], %s::float8[], %s::float8[]"
        source = f"select %s, * from unnest({values})"  # noqa: S608 - a constant text
        return f"insert into {self.name} ({columns}) {source}".encode()

    @property
    def read(self) -> bytes:
        """Return the query for a patient, metric and span; its result is a single row of arrays."""
        return self._arrays("patient = %s and metric = %s", "")

    @property
    def read_each(self) -> bytes:
        """Return the query for a patient and span; it gives a row of arrays for each metric."""
        return self._arrays("patient = %s", "metric, ") + b" group by metric order by metric"

    def _arrays(self, where: str, first: str) -> bytes:
        # rows of arrays: numpy reads each as it comes, without a Python object for each cell
        columns = "array_agg(source::bigint), array_agg(n::bigint), array_agg(low), array_agg(high)"
        return (
            f"select {first}array_agg({self.at}), {columns}, "  # noqa: S608 - constants
            f"array_agg(total) from {self.name} "
            f"where {where} and {self.at} >= %s and {self.at} < %s"
        ).encode()


HOUR_ROLLUPS = RollupTable(name="rollup_hour", at="hour")
DAY_ROLLUPS = RollupTable(name="rollup_day", at="day")

_SOURCES = "select id, vendor, app, device, device_type, method from source where id = any(%s)"


async def read_rollups(
    conn: Connection, table: RollupTable, patient: int, metric: int, span: Span
) -> Cells:
    """Return the rollups of a patient and metric (ids) that begin in a span, in any order."""
    arguments = [patient, metric, utc(span.start_ms), utc(span.end_ms)]
    async with conn.cursor(binary=True) as cursor:
        binary_columns.arrays_as_bytes(cursor)
        await cursor.execute(table.read, arguments)
        return _cells(await cursor.fetchone() or [None] * 6)


async def rollups_by_metric(
    conn: Connection, table: RollupTable, patient: int, span: Span
) -> dict[int, Cells]:
    """Return the rollups of a patient (id) that begin in a span, in any order, by metric id."""
    arguments = [patient, utc(span.start_ms), utc(span.end_ms)]
    async with conn.cursor(binary=True) as cursor:
        binary_columns.arrays_as_bytes(cursor)
        await cursor.execute(table.read_each, arguments)
        return {metric: _cells(columns) for metric, *columns in await cursor.fetchall()}


def _cells(columns: Sequence[Any]) -> Cells:
    at, source, n, low, high, total = columns
    return Cells(
        at=binary_columns.instants(at),
        source=binary_columns.integers(source),
        n=binary_columns.integers(n),
        low=binary_columns.values(low),
        high=binary_columns.values(high),
        total=binary_columns.values(total),
    )


async def drop_rollups(
    conn: Connection, table: RollupTable, patient: int, spans: Iterable[Span]
) -> None:
    """Remove a patient's rollups that begin in the spans."""
    for span in spans:
        await conn.execute(table.drop, [patient, utc(span.start_ms), utc(span.end_ms)])


async def put_rollups(
    conn: Connection, table: RollupTable, patient: int, by_metric: Mapping[int, Cells]
) -> None:
    """Add rollups of a patient (id) by metric id; none of these rows may exist already."""
    added = [row for metric, value in by_metric.items() for row in _rows(metric, value)]
    if added:
        await conn.execute(table.put, [patient, *rows.as_arrays(added, len(added[0]))])


def _rows(metric: int, value: Cells) -> Iterator[tuple[Any, ...]]:
    # plain Python numbers, because psycopg does not know those of numpy
    figures = [value.source, value.n, value.low, value.high, value.total]
    at = value.at.tolist()
    columns = [column.tolist() for column in figures]
    return zip([metric] * len(at), map(utc, at), *columns, strict=True)


async def sources_of(conn: Connection, ids: Iterable[int]) -> dict[int, Source]:
    """Return the sources of these ids."""
    stored = await (await conn.execute(_SOURCES, [sorted(set(ids))])).fetchall()
    return {number: read_source(columns) for number, *columns in stored}
