"""After erasing a patient nothing leads to them: no table of any schema, no stored body."""

from pathlib import Path

import pytest
from psycopg import AsyncConnection

from storage.bodies.body_store import Directory
from storage.digest import DRAINED, QUERIES, table_digests
from storage.erase import ERASED, erase, remove_erased_bodies
from storage.facts.writer import UNKNOWN, write_facts
from storage.people import consents
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection
from stream import rollup_refresh
from tests.rows import cells_of, values_of
from tests.storage.derived.traces import NUMBER, files, rows_with_traces, settle, tell
from tests.storage.facts.test_columnstore import compress
from tests.storage.tellers import T0, attributed_fact, run

pytestmark = pytest.mark.anyio

_WITH_PATIENT = """
select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition \
and n.nspname !~ '^(pg_|_timescaledb|information_schema)'
and a.attname in ('patient', 'pseudonym') and not a.attisdropped"""
_REFERRING = """
select distinct k.conrelid::regclass::text from pg_constraint k join pg_namespace n \
on n.oid = k.connamespace
where k.contype = 'f' and k.confrelid::regclass::text = any(%s) and n.nspname !~ '^_timescaledb'"""


async def kept_by_nobody(conn: Connection) -> set[str]:
    """Return the tables that concern patients and that erasing leaves out.

    A table concerns patients when it holds their data or refers to a table that does.
    """
    known = {*ERASED, "audit", "patient"}
    rows = await (await conn.execute(_WITH_PATIENT)).fetchall()
    rows += await (await conn.execute(_REFERRING, [[*ERASED, "patient"]])).fetchall()
    return set(cells_of(rows, 0)) - known


@pytest.mark.promise(14)
async def test_every_table_with_a_patient_is_erased(conn: Connection) -> None:
    assert await kept_by_nobody(conn) == set()
    await conn.execute(
        "create table more (patient int); create table less (alert uuid references alert)"
    )
    assert await kept_by_nobody(conn) == {"more", "less"}


@pytest.mark.promise(14)
async def test_nothing_is_left_in_any_table_nor_in_the_store(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    await settle(conn, store, "other-patient")
    await rollup_refresh.refresh_all(conn)
    before = await table_digests(conn, (*QUERIES, *DRAINED))
    others = files(tmp_path)
    await conn.execute(f"alter table patient alter column id restart with {NUMBER}")
    traces = await settle(conn, store, "traced-patient")
    assert traces[1] == str(NUMBER)
    await conn.commit()
    async with await AsyncConnection.connect(dsn, autocommit=True) as alone:
        compressed = await compress(alone)
    await tell(conn, "traced-patient", late=True)
    await conn.commit()
    left = await rows_with_traces(dsn, traces)
    assert set(cells_of(left, 0)) >= {*ERASED, "audit", "source"} - {"sample"}
    assert any("compress" in table for table, _ in left) == bool(compressed)

    receipt = await erase(conn, "traced-patient", T0)
    await conn.commit()
    assert await remove_erased_bodies(conn, store) == 5
    await conn.commit()
    assert await rows_with_traces(dsn, traces) == set()
    assert sorted(files(tmp_path)) == sorted(others)
    assert await table_digests(conn, (*QUERIES, *DRAINED)) == before
    assert {table for table, count in receipt.counts.items() if not count} == set()


async def test_the_receipt_counts_samples_in_the_columnstore_too(
    conn: Connection, dsn: str
) -> None:
    await write_facts(conn, list(map(attributed_fact, run())))
    await conn.commit()
    async with await AsyncConnection.connect(dsn, autocommit=True) as alone:
        await compress(alone)
    assert (await erase(conn, "p1", T0)).counts["sample"] == 180


@pytest.mark.promise(14)
async def test_the_log_keeps_who_did_what_under_the_number_of_the_receipt(
    conn: Connection, tmp_path: Path
) -> None:
    await settle(conn, Directory(tmp_path), "traced-patient")
    receipt = await erase(conn, "traced-patient", T0)
    rows = await (
        await conn.execute("select patient, erasure, actor, action, object, detail from audit")
    ).fetchall()
    assert rows == [(None, receipt.number, "clinician", "data.read", "", {})]


@pytest.mark.parametrize(
    "change",
    [
        "update audit set actor = 'nobody'",
        "update audit set patient = null, object = '', detail = '{}'",
        "update audit set patient = null, erasure = 1, object = 'x', detail = '{}'",
        "update audit set patient = null, erasure = 1, object = '', detail = '{}', at = now()",
        "delete from audit",
    ],
)
async def test_the_log_cannot_be_changed_otherwise(
    conn: Connection, tmp_path: Path, change: str
) -> None:
    await settle(conn, Directory(tmp_path), "traced-patient")
    await conn.execute("insert into erasure (at) values (now())")
    with pytest.raises(Exception, match="append-only"):
        await conn.execute(change.encode())


@pytest.mark.promise(14)
async def test_what_comes_after_is_refused_and_stored_nowhere(conn: Connection) -> None:
    late = list(map(attributed_fact, run()))
    await erase(conn, "p1", T0)
    written = await write_facts(conn, late)
    assert set(values_of(written.refused, "why")) == {UNKNOWN}
    assert (written.new, written.samples, written.affected) == (0, 0, {})


async def test_a_patient_without_a_key_has_no_consent(conn: Connection) -> None:
    await consents.give_consent(conn, "p1", "files", from_ms=0, now_ms=0)
    assert await consents.consented(conn, "p1", "files", T0)
    await conn.execute("delete from identity.data_key")
    assert not await consents.consented(conn, "p1", "files", T0)


async def test_bodies_that_a_crash_left_are_removed_later(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Directory(tmp_path)
    await settle(conn, store, "traced-patient")
    await erase(conn, "traced-patient", T0)
    await conn.commit()

    async def fails(address: str) -> None:
        raise OSError(address)

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", fails)
        with pytest.raises(OSError, match=r"incoming|packed"):
            await remove_erased_bodies(conn, store)
    assert len(files(tmp_path)) == 4
    assert await remove_erased_bodies(conn, store) == 5
    assert files(tmp_path) == []


async def test_nobody_of_that_name_is_an_error(conn: Connection) -> None:
    with pytest.raises(UnknownNameError):
        await erase(conn, "p9", T0)


async def test_the_list_names_each_table_before_what_it_refers_to(conn: Connection) -> None:
    rows = await conn.execute(
        "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint "
        "where contype = 'f'"
    )
    order = list(ERASED)
    for table, other in await rows.fetchall():
        if table in order and other in order:
            assert order.index(table) < order.index(other)
