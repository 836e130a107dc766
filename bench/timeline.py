"""A patient-year as at most 1,000 points.

The query of the API (bands) runs against the raw bucket query, in the same run.

The rows are a sample a minute of as many patients as the rows allow (525,600 a patient), written by
the server. On plain PostgreSQL they are in order of time, as live data lie. On TimescaleDB they go
into the columnstore a week at a time. Bands are made of all of them, in order of time too. The hour
before the end is marked dirty, as it always is where data come in. Both answers are compared before
they are timed.

`python -m bench.timeline ROWS [DSN]` prints the figures; DSN names TimescaleDB.
"""

import asyncio
import statistics
import sys
import time
from dataclasses import dataclass
from typing import LiteralString, TypeAlias

from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from bench.row import Row
from clinic.timeline_reads import read_timeline
from kadens.embedded.postgres import temporary_postgres
from model.calendar import DAY_MS, epoch_ms, utc
from model.facts import DeviceType, Method, Source
from model.keyring import KeyRing
from model.spans import Span
from storage.facts import stale_hours
from storage.facts.ids import source_ids
from storage.people import care_team, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection
from stream import rollup_refresh
from stream.compute.series.timeline import grid

YEAR = 525_600  # minutes
POINTS = 1_000
_ROUNDS = 9
_END_MS = 1_788_220_800_000  # 2026-09-01T00:00Z
_START_MS = _END_MS - YEAR * 60_000
WEEK_MS = 7 * DAY_MS
# rows on plain PostgreSQL, and on TimescaleDB where there is one
SIZES = {"full": (10_000_000, 100_000_000), "small": (2_000_000, 8_000_000), "tiny": (YEAR, YEAR)}
SPAN = Span(start_ms=_START_MS, end_ms=_END_MS)
_SOURCE = Source(
    vendor="bench", device="watch", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)

_MINUTES = """
insert into sample (patient, metric, source, record, time, value, revision)
select p, 1, %(source)s, 0, t, \
55 + (extract(epoch from t)::bigint / 60 * 7919 + p * 104729) %% 60, 0
from generate_series(%(start)s::timestamptz, %(end)s::timestamptz - interval '1 minute', \
interval '1 minute') t,
     unnest(%(patients)s::int[]) p"""
_IN_ORDER = {"plain": " order by t", "timescale": " order by p, t"}
_MONTH = "create table {0} partition of sample for values from ('{1}') to ('{2}')"
_BANDS = """
insert into {table} (patient, metric, {unit}, source, n, low, high, total)
select patient, metric, date_trunc('{unit}', {of}, 'UTC') as at, source, {sums}
from {source} group by 1, 2, 3, 4 order by 3, 1"""
_RAW = """
select {}(make_interval(secs => %s), time, %s) as t, count(*), min(value), avg(value), \
max(value) from sample
where patient = %s and metric = 1 and time >= %s and time < %s group by 1 order by 1"""
_BUCKET = {"plain": "date_bin", "timescale": "time_bucket"}
# without the key rows go into the columnstore at once, which spares an hour; with it they end the
# same
_BEFORE: dict[str, tuple[LiteralString, ...]] = {
    "plain": (),
    "timescale": (
        "alter table sample drop constraint sample_pkey",
        "set timescaledb.enable_direct_compress_insert = on",
    ),
}
_AFTER: dict[str, tuple[LiteralString, ...]] = {
    "plain": (),
    "timescale": (
        "select compress_chunk(c) from show_chunks('sample') c",
        "alter table sample add primary key (patient, metric, source, time, record)",
    ),
}


Bucket: TypeAlias = tuple[int, int, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """A database with `patients` of a year each."""

    kind: str
    patients: list[int]

    @property
    def name(self) -> str:
        """Say what it is in a table."""
        kind = {"plain": "plain PostgreSQL", "timescale": "TimescaleDB, compressed"}[self.kind]
        return f"{len(self.patients) * YEAR / 1e6:.0f} M rows, {kind}"


def run(rows: int, server: str = "") -> list[Row]:
    """Return the figures for so many rows; `server` is a DSN, "" for an embedded PostgreSQL."""
    if server:
        return asyncio.run(_on_timescale(rows, server))
    with temporary_postgres(durable=True) as own:
        return asyncio.run(_measured(own.create_database("bench"), "plain", rows))


async def _on_timescale(rows: int, server: str) -> list[Row]:
    """Run in a new database on the given server, and drop it."""
    async with await AsyncConnection.connect(server, autocommit=True) as conn:
        await conn.execute("create database kadens_bench_timeline")
        try:
            return await _measured(
                make_conninfo(server, dbname="kadens_bench_timeline"), "timescale", rows
            )
        finally:
            await conn.execute("drop database kadens_bench_timeline with (force)")


async def _measured(dsn: str, kind: str, rows: int) -> list[Row]:
    await migrate(dsn)
    async with await AsyncConnection.connect(dsn, autocommit=True) as conn:
        await conn.execute("set time zone 'UTC'")
        bench = await _fill(conn, kind, max(rows // YEAR, 1))
        await _make_bands(conn)
        await stale_hours.mark_stale(
            conn, {p: [Span(start_ms=_END_MS - 3_600_000, end_ms=_END_MS)] for p in bench.patients}
        )
        for table in ("sample", "rollup_hour", "rollup_day", "rollup_stale"):
            await conn.execute(f"vacuum (analyze) {table}".encode())
        seconds = await _timed(conn, bench)
        refreshed = await _refreshed(conn, bench.patients[0])
    return [_figure(bench, seconds), _refresh_figure(bench, refreshed)]


async def _fill(conn: Connection, kind: str, number: int) -> _Bench:
    await care_team.add_unit(conn, "bench")
    names = [
        await patients.add_patient(
            conn, wrapping_key=KeyRing.single(bytes(32)), unit="bench", zone="UTC", now_ms=0
        )
        for _ in range(number)
    ]
    numbers = [await patients.patient_id(conn, name) for name in names]
    source = (await source_ids(conn, [_SOURCE]))[_SOURCE]
    await conn.execute(
        "insert into watermark (patient, source, time) select p, %s, %s from unnest(%s::int[]) p",
        [source, utc(_END_MS), numbers],
    )
    for statement in _BEFORE[kind]:
        await conn.execute(statement)
    for start in range(_START_MS, _END_MS, WEEK_MS):
        end = min(start + WEEK_MS, _END_MS)
        await _month(conn, kind, start, end)
        params = {"source": source, "start": utc(start), "end": utc(end), "patients": numbers}
        await conn.execute((_MINUTES + _IN_ORDER[kind]).encode(), params)
    for statement in _AFTER[kind]:
        await conn.execute(statement)
    return _Bench(kind=kind, patients=numbers)


async def _month(conn: Connection, kind: str, start_ms: int, end_ms: int) -> None:
    """Make the partitions that a week needs."""
    for ms in (start_ms, end_ms - 1):
        first = utc(ms).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        name = f"sample_{first:%Y_%m}"
        there = await (await conn.execute("select to_regclass(%s)", [name])).fetchone()
        if kind == "plain" and there == (None,):
            await conn.execute(
                _MONTH.format(name, first.isoformat(), following.isoformat()).encode()
            )


async def _make_bands(conn: Connection) -> None:
    """Make the bands of all patients with SQL.

    For a single source and plain values this is what `refresh` makes.
    """
    sums = "count(*), min(value), max(value), sum(value)"
    hours = _BANDS.format(table="rollup_hour", unit="hour", of="time", sums=sums, source="sample")
    sums = "sum(n), min(low), max(high), sum(total)"
    days = _BANDS.format(table="rollup_day", unit="day", of="hour", sums=sums, source="rollup_hour")
    await conn.execute(hours.encode())
    await conn.execute(days.encode())


async def _timed(conn: Connection, bench: _Bench) -> dict[str, list[float]]:
    """Return the seconds of each query in turns, a patient for each round.

    The first round only warms up.
    """
    seconds: dict[str, list[float]] = {"bands": [], "raw": []}
    for n in range(_ROUNDS + 1):
        patient = bench.patients[n * 7 % len(bench.patients)]
        answers = {}
        for way, ask in sorted(WAYS.items(), reverse=n % 2 == 0):
            await ask(conn, bench, patient)  # warms the caches
            begun = time.perf_counter()
            answers[way] = await ask(conn, bench, patient)
            seconds[way].append(time.perf_counter() - begun)
        if answers["bands"] != answers["raw"]:
            raise AssertionError("the two ways do not answer the same")
    return {way: taken[1:] for way, taken in seconds.items()}


async def _by_bands(conn: Connection, bench: _Bench, patient: int) -> list[Bucket]:
    del bench
    timeline = await read_timeline(conn, patient, "heart_rate", _START_MS, _END_MS, POINTS)
    columns = (timeline.t, timeline.n, timeline.minimum, timeline.mean, timeline.maximum)
    return list(zip(*(column.tolist() for column in columns), strict=True))


async def _by_samples(conn: Connection, bench: _Bench, patient: int) -> list[Bucket]:
    _, width_ms, first_ms = grid(SPAN, POINTS)
    query = _RAW.format(_BUCKET[bench.kind])
    params = [width_ms // 1000, utc(first_ms), patient, utc(_START_MS), utc(_END_MS)]
    rows = await (await conn.execute(query.encode(), params)).fetchall()
    return [(epoch_ms(t), n, low, mean, high) for t, n, low, mean, high in rows]


WAYS = {"bands": _by_bands, "raw": _by_samples}


async def _refreshed(conn: Connection, patient: int) -> float:
    """Return the seconds that the rollups of a patient-year take in the worker."""
    await conn.execute("delete from rollup_stale")
    await stale_hours.mark_stale(conn, {patient: [SPAN]})
    begun = time.perf_counter()
    await rollup_refresh.refresh_all(conn)
    return time.perf_counter() - begun


def _figure(bench: _Bench, seconds: dict[str, list[float]]) -> Row:
    raw = statistics.median(seconds["raw"])
    return Row(
        name=f"timeline of a year, {bench.name}",
        value=statistics.median(seconds["bands"]) * 1000,
        unit="ms",
        baseline=f"raw bucket query to the same {POINTS:,} points at most, {raw * 1000:,.1f} ms",
        ratio=statistics.median(
            r / b for r, b in zip(seconds["raw"], seconds["bands"], strict=True)
        ),
        floor=1.0,
        goal=5.0,
    )


def _refresh_figure(bench: _Bench, took: float) -> Row:
    days = rollup_refresh.REFRESH_PIECE_MS // DAY_MS
    return Row(
        name=f"bands of a patient-year made anew, {bench.name}",
        value=YEAR / took,
        unit="samples/s",
        baseline=f"none: {took:.1f} s, {days} days a transaction",
    )


def _main() -> None:
    """Print the figures."""
    for row in run(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""):  # noqa: PLR2004
        print(f"{row.name:60} {row.value:12,.1f} {row.unit}  {row.ratio or 0:6.2f}x")
        print(f"{'':60} baseline: {row.baseline}")


if __name__ == "__main__":
    _main()
