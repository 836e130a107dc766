"""What the audit log costs: the time to verify a long one, and the time that a read waits for it.

The log is filled through the table itself, so that the database makes every link. A read is a
request at the clinician door without a socket; its baseline is the same request in the same run
with the writing of its line left out.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2

from bench.derived import Deriver, deriver
from bench.loads import NOW_MS
from bench.row import Row
from clinic.app import create_app
from clinic.config import ClinicConfig
from kadens.embedded.postgres import temporary_postgres
from model.audit_log.chain import ChainCheck
from storage import audit
from storage.audit_chain import chain_rows
from storage.pg.pool import LONG, Connection, Pool, open_pool
from storage.pg.roles import ADMIN
from web.sign_in.identity import Identity

VERIFY_S, READ_MS = 60.0, 2.0  # of a million rows, and of a read
_PORTION = 50_000  # links are made when a transaction commits, and wait in memory until then
_WHO = Identity(subject="bench", name="Bench", care_unit="bench")
_FILL = """
insert into audit (at, actor, role, care_unit, action, patient, object, detail)
select now() - (n * interval '1 s'), 'c-' || mod(n, 40), 'clinician', p.care_unit,
  case when mod(n, 4) = 0 then 'list.read' else 'data.read' end, p.id,
  case when mod(n, 4) = 0 then 'worklist' else 'session:' || n end, '{}'
from generate_series(1, %s) n join patient p on p.id = 1 + mod(n, (select max(id) from patient))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSize:
    """Rows of the log, the patients whom they are about, and the rounds of each read."""

    rows: int
    patients: int = 1000
    rounds: int = 200


FULL_LOG = LogSize(rows=1_000_000)
TINY_LOG = LogSize(rows=2_000, patients=20, rounds=3)


def run_log_cost(size: LogSize) -> list[Row]:
    """Return the figures of a log of this size."""
    return asyncio.run(_measured(size))


async def _measured(size: LogSize) -> list[Row]:
    # durable: a line costs the wait for the disk, which a read alone does not have
    with temporary_postgres(durable=True) as server:
        async with deriver(server, "bench", size.patients) as made:
            linking = await _fill(made.parts.pool, size.rows)
            await made.checkpoint()
            dsn = server.dsn("bench")
            verified = await _verified(dsn, size.rows)
            return [linking, *verified, *await _reads(dsn, made, size)]


async def _fill(pool: Pool, rows: int) -> Row:
    begun = time.perf_counter()
    for first in range(0, rows, _PORTION):
        async with pool.connection() as conn:
            await conn.execute(_FILL, [min(_PORTION, rows - first)])
    took = time.perf_counter() - begun
    return Row(
        name=f"audit log of {rows:,} rows: written and linked",
        value=rows / took,
        unit="rows/s",
        baseline="none",
    )


async def _verified(dsn: str, rows: int) -> list[Row]:
    async with (
        await open_pool(dsn, max_size=1, limits=LONG, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        plain = await _seconds(conn, None)
        checked = await _seconds(conn, ChainCheck(noted={}))
    limit = VERIFY_S * rows / FULL_LOG.rows
    name = f"audit log of {rows:,} rows: verified"
    return [
        Row(
            name=name,
            value=checked,
            unit="s",
            baseline=f"{limit:.3g} s",
            ratio=limit / checked,
            floor=1.0,
        ),
        Row(
            name=f"{name}, beside read only",
            value=rows / checked,
            unit="rows/s",
            baseline=f"the same rows read without a check: {rows / plain:,.0f} rows/s",
            ratio=plain / checked,
        ),
    ]


async def _seconds(conn: Connection, check: ChainCheck | None) -> float:
    begun = time.perf_counter()
    async for row in chain_rows(conn):
        if check is not None and list(check.take(row)):
            raise AssertionError("the log of the bench is not as it was linked")
    return time.perf_counter() - begun


async def _reads(dsn: str, made: Deriver, size: LogSize) -> list[Row]:
    app = create_app(ClinicConfig(database=dsn, identify=lambda _: _WHO, clock=lambda: NOW_MS))
    transport = httpx2.ASGITransport(app=app)
    paths = {
        "a list of sessions": f"/api/v1/patients/{made.people[0]}/sessions",
        "the page of a patient": f"/patients/{made.people[0]}",
    }
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        pool = made.parts.pool
        async with pool.connection() as conn:
            await conn.execute("create table plain_row (at timestamptz, text text)")
        return [await _read(client, path, (what, size), pool) for what, path in paths.items()]


async def _read(client: httpx2.AsyncClient, path: str, of: tuple[str, LogSize], pool: Pool) -> Row:
    """Return what the line of a read costs. All kinds take turns, so that all meet the same."""
    what, size = of
    logged: list[float] = []
    silent: list[float] = []
    plain: list[float] = []
    for number in range(size.rounds):
        logged.append(await _once(client, path))
        with _no_line():
            silent.append(await _once(client, path))
        plain.append(await _plain_row(pool))
        if number == 0:
            # the first of each reads templates and makes plans
            logged.clear()
            silent.clear()
            plain.clear()
    without = statistics.median(silent) * 1000
    cost = statistics.median(logged) * 1000 - without
    return Row(
        name=f"audit log of {size.rows:,} rows: its cost for {what}",
        value=cost,
        unit="ms",
        baseline=f"{READ_MS:.0f} ms; the same read without its line takes {without:.3g} ms, "
        f"and to commit a row without any log {statistics.median(plain) * 1000:.3g} ms",
        ratio=READ_MS / cost,
        goal=1.0,
    )


async def _once(client: httpx2.AsyncClient, path: str) -> float:
    begun = time.perf_counter()
    (await client.get(path)).raise_for_status()
    return time.perf_counter() - begun


async def _plain_row(pool: Pool) -> float:
    """Return the seconds of the least that a row can cost on this disk."""
    begun = time.perf_counter()
    async with pool.connection() as conn:
        await conn.execute("insert into plain_row values (now(), 'plain')")
    return time.perf_counter() - begun


@contextmanager
def _no_line() -> Iterator[None]:
    write = audit.write_entry

    async def nothing(conn: Connection, entry: audit.AuditEntry) -> None:
        del conn, entry

    # put back at the end of the block
    audit.write_entry = nothing
    try:
        yield
    finally:
        audit.write_entry = write
