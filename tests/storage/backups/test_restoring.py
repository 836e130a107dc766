"""What comes back from a backup is what was in it, without who was erased afterwards."""

from pathlib import Path

import pytest
from psycopg import AsyncConnection

from model.audit_log.chain import ChainCheck, ChainFault
from storage.audit_chain import chain_rows
from storage.backup.layouts import APART, layouts
from storage.digest import DRAINED, QUERIES, table_digests
from storage.erase import ERASED
from storage.facts.writer import write_facts
from storage.pg.pool import Connection, adapt
from storage.pg.roles import TABLES
from stream import rollup_refresh
from tests.storage.backups.backup_world import BackupWorld
from tests.storage.backups.test_refusals import rows_in
from tests.storage.derived.traces import NUMBER, files, rows_with_traces, settle
from tests.storage.tellers import T0, attributed_batch, run

pytestmark = pytest.mark.anyio
EVERY_TABLE = (*QUERIES, *DRAINED)
GONE = "traced-patient"


async def digests(dsn: str) -> dict[str, str]:
    async with await AsyncConnection.connect(dsn) as conn:
        adapt(conn)
        # as the pool does: a server may call its zone by another name, which a digest tells apart
        await conn.execute("set time zone 'UTC'")
        return await table_digests(conn, EVERY_TABLE)


async def chain_holds(dsn: str) -> bool:
    async with await AsyncConnection.connect(dsn) as conn:
        adapt(conn)
        check, faults = ChainCheck(noted={}), list[ChainFault]()
        async for row in chain_rows(conn):
            faults += check.take(row)
        return [*faults, *check.finish()] == []


async def with_others(conn: Connection, world: BackupWorld) -> dict[str, str]:
    """Fill the database with two patients, and return the digests without the second."""
    await settle(conn, world.store, "other-patient")
    await rollup_refresh.refresh_all(conn)
    others = await table_digests(conn, EVERY_TABLE)
    await conn.execute(f"alter table patient alter column id restart with {NUMBER}")
    await settle(conn, world.store, GONE)
    await rollup_refresh.refresh_all(conn)
    await conn.commit()
    return others


@pytest.mark.promise(19)
async def test_everything_comes_back_as_it_was(
    conn: Connection, dsn: str, empty: str, world: BackupWorld
) -> None:
    await with_others(conn, world)
    before = await digests(dsn)
    counts = {table: await rows_in(dsn, table) for table in TABLES.keys() - APART}
    saved = await world.save(conn)
    done = await world.restore(empty)
    assert await digests(empty) == before
    assert {table: await rows_in(empty, table) for table in TABLES.keys() - APART} == {
        **counts,
        "audit": counts["audit"] + 1,  # the restore itself
        "audit_chain": counts["audit_chain"] + 1,
    }
    assert (done.rows, done.bodies) == (sum(saved.tables.values()), saved.bodies)
    assert (done.erased, done.destroyed, saved.missing) == (0, 0, 0)
    assert await chain_holds(empty)


@pytest.mark.promise(14)
@pytest.mark.parametrize("how", ["list", "keys"])
async def test_who_was_erased_after_the_backup_does_not_come_back(
    conn: Connection, empty: str, world: BackupWorld, how: str
) -> None:
    others = await with_others(conn, world)
    traces = [GONE, str(NUMBER), f"serial-{GONE}"]
    await world.save(conn)
    receipt = await world.erase(conn, GONE)
    await write_facts(conn, attributed_batch(run("later"), "other-patient"))
    await conn.commit()
    if how == "keys":
        await world.save_keys(conn, T0 + 1)
    done = await world.restore(empty, erasures=world.erasures if how == "list" else None)
    assert (done.erased, done.destroyed) == ((1, 0) if how == "list" else (0, 1))
    assert await digests(empty) == others
    assert await rows_with_traces(empty, traces) == set()
    assert await chain_holds(empty)
    assert await rows_in(empty, "erasure") == 1
    if how == "list":
        assert await rows_in(empty, "journal_extract") == receipt.counts["journal_extract"] == 1
    # one patient's large bodies: a kept one and one that could not be read
    assert len(files(world.root / "restored")) == done.bodies
    assert GONE.encode() not in b"".join(map(Path.read_bytes, files(world.root / "restored")))


async def test_every_row_that_an_erasure_deletes_is_sealed_for_its_patient(
    conn: Connection,
) -> None:
    owned = {layout.name for layout in await layouts(conn) if layout.owner != "null"}
    assert owned == {*ERASED, "patient", "quarantine"} - {"identity.data_key"}
