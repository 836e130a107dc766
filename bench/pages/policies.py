"""What row-level security costs: the rows of a worklist, with the policies and without them.

Half of the patients are another unit's, so that the policies have rows to hide. Each patient has
twelve weeks, an alert and a label. The role is that of the clinician door either way.
"""

import asyncio
import statistics
import time
from datetime import date

from bench.row import Row
from kadens.embedded.postgres import temporary_postgres
from storage.pg.migrate import migrate
from storage.pg.pool import LONG, Connection, open_pool
from storage.pg.roles import CLINIC
from storage.pg.row_security import set_unit
from storage.reads.clinic_queries import weeks_of_patients, worklist_rows

FULL_LIST, TINY_LIST = 1_000, 20
_ROUNDS = 15
_SINCE = date(2026, 9, 7)
_FILL = (
    "insert into care_unit (name) values ('mine'), ('theirs')",
    # of both units in turn, so that neither lies together in the table
    """
insert into patient (pseudonym, zone, care_unit, created_at)
select 'p-' || lpad(n::text, 6, '0'), 'Europe/Stockholm', u.id, now()
from generate_series(1, {patients}) n cross join care_unit u where u.name = 'mine'
union all
select 'q-' || lpad(n::text, 6, '0'), 'Europe/Stockholm', u.id, now()
from generate_series(1, {patients}) n cross join care_unit u where u.name = 'theirs'
order by 1""",
    """
insert into week (patient, monday, sessions, session_ms, elapsed_ms, paused_ms, very_light_ms,
  light_ms, moderate_ms, vigorous_ms, near_max_ms, unknown_ms, dose_min, valid_days,
  answered_days, known_days, algorithm)
select p.id, date '2026-09-07' + 7 * w, 3, 60000, 60000, 0, 0, 60000, 0, 0, 0, 0, 1, 7, 7, 7, 'b'
from patient p cross join generate_series(0, 11) w""",
    """
insert into alert (id, patient, family, rule, rule_version, tier, state, raised_at, changed_at,
  sentence, resolution)
select gen_random_uuid(), p.id, 'pain', 'P1', 1, 'B', 'open', now(), now(), 'bench', ''
from patient p""",
    """
insert into patient_label (patient, kind, text) select id, 'tag', 'knee' from patient""",
    "analyze",
)
_OPEN = "select oid::regclass::text from pg_class where relrowsecurity and relkind in ('r', 'p')"


def run_policies(patients: int) -> list[Row]:
    """Return the figures for a unit of so many patients, and another as large beside it."""
    return asyncio.run(_measured_lists(patients))


async def _measured_lists(patients: int) -> list[Row]:
    with temporary_postgres() as server:
        dsns = [server.create_database(name) for name in ("secured", "bare")]
        for dsn in dsns:
            await migrate(dsn)
            await _fill(dsn, patients)
        await _open_all(dsns[1])
        secured, bare = await _listed(dsns)
    return [
        Row(
            name=f"worklist of {patients:,} patients: rows of the database, with policies",
            value=secured,
            unit="ms",
            baseline=f"without policies {bare:.1f} ms",
            ratio=bare / secured,
        )
    ]


async def _listed(dsns: list[str]) -> list[float]:
    """Return the median time of the rows of a worklist in each database, in ms."""
    times: dict[str, list[float]] = {dsn: [] for dsn in dsns}
    # in turn, so that whatever else the machine does is the same for both
    for _ in range(_ROUNDS):
        for dsn in dsns:
            times[dsn].append(await _once(dsn))
    return [statistics.median(of_dsn) for of_dsn in times.values()]


async def _once(dsn: str) -> float:
    async with (
        await open_pool(dsn, max_size=1, limits=LONG, role=CLINIC) as pool,
        pool.connection() as conn,
    ):
        await set_unit(conn, "mine")
        await _read(conn)  # the first one reads the catalogue
        begun = time.perf_counter()
        await _read(conn)
        return (time.perf_counter() - begun) * 1000


async def _read(conn: Connection) -> None:
    names = [row.patient.pseudonym for row in await worklist_rows(conn, "mine")]
    await weeks_of_patients(conn, "mine", names, _SINCE)


async def _fill(dsn: str, patients: int) -> None:
    async with await open_pool(dsn, limits=LONG) as pool, pool.connection() as conn:
        for query in _FILL:
            await conn.execute(query.format(patients=patients).encode())


async def _open_all(dsn: str) -> None:
    async with await open_pool(dsn, limits=LONG) as pool, pool.connection() as conn:
        for (name,) in await (await conn.execute(_OPEN)).fetchall():
            await conn.execute(f"alter table {name} disable row level security".encode())
