"""After an erasure and `kadens vacuum` no byte of the patient is left in the database's files.

The write-ahead log is among them. A copy of it, in an archive, is a backup.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from struct import pack
from uuid import UUID

import pytest
from psycopg import AsyncConnection

from kadens.embedded.postgres import Postgres, temporary_postgres
from model.keyring import KeyRing
from storage.bodies.body_store import Directory
from storage.erase import ERASED, erase, remove_erased_bodies
from storage.people import care_team, consents, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, adapt
from storage.pg.rewriting import rewrite_tables
from storage.pg.write_ahead import overwrite_old_log
from tests.rows import cells_of
from tests.storage.derived.traces import NUMBER, files, settle
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio
_PATIENT = "traced-patient"
_TEXT = b"7f3e-what-only-this-patient-agreed-to"
# The body of a table is in its own file, what is too long for a row in that of its toast table.
_FILES = """
select pg_relation_filepath(c.oid), coalesce(t.oid, i.indrelid, c.oid)::regclass::text, c.relkind
from pg_class c left join pg_class t on t.reltoastrelid = c.oid
left join pg_index i on i.indexrelid = c.oid
where c.relkind in ('r', 'i', 't', 'S') and pg_relation_filepath(c.oid) is not null"""
_LOG = "pg_wal"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with temporary_postgres() as started:
        yield started


@pytest.fixture
async def conn(server: Postgres) -> AsyncIterator[Connection]:
    dsn = server.create_database("bytes")
    await migrate(dsn)
    async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
        adapt(connection)
        await care_team.add_unit(connection, "unit")
        yield connection


def _cluster(server: Postgres) -> Path:
    """Return the folder of the server's files."""
    home = server._home
    assert home is not None
    return home.cluster


def _holding(folder: Path, traces: dict[str, bytes]) -> dict[str, set[str]]:
    """Return the names of the traces in each file that has any, by its path in the folder."""
    holders: dict[str, set[str]] = {}
    for path in files(folder):
        at = str(path.relative_to(folder))
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            # the server has renamed a new file of its log, or dropped what it had no use for
            continue
        names = {name for name, trace in traces.items() if trace in content}
        if names:
            holders[at] = names
    return holders


async def _traced(conn: Connection, store: Directory) -> dict[str, bytes]:
    """Leave a patient in every table, and return the bytes that no other patient has."""
    await conn.execute(f"alter table patient alter column id restart with {NUMBER}")
    pseudonym, number, sha256, serial, alert = await settle(conn, store, _PATIENT)
    await conn.execute(
        "insert into annotation (patient, kind, first_date, last_date, text, pauses, author, "
        "written_at) values (%s, 'illness', now(), now(), %s, true, 'clinician', now())",
        [int(number), _TEXT.decode()],
    )
    return {
        "pseudonym": pseudonym.encode(),
        "number": pack("<i", int(number)),
        "number in text": number.encode(),
        "sha256": bytes.fromhex(sha256),
        "sha256 in text": sha256.encode(),
        "serial": serial.encode(),
        "alert": UUID(alert).bytes,
        "alert in text": alert.encode(),
        "text": _TEXT,
    }


async def _relations(conn: Connection, folder: Path, traces: dict[str, bytes]) -> set[str]:
    """Return the tables, and the indexes as TABLE!, whose files hold a trace."""
    known = {row[0]: row[1:] for row in await (await conn.execute(_FILES)).fetchall()}
    names: set[str] = set()
    for path in _holding(folder, traces):
        table, kind = known.get(path.partition(".")[0], ("", "r"))
        names.add(f"{table}!" if kind == "i" else str(table))
    return names


@pytest.mark.promise(14)
async def test_no_byte_is_left_in_the_files_of_the_database(
    conn: Connection, server: Postgres, tmp_path: Path
) -> None:
    store, cluster = Directory(tmp_path / "bodies"), _cluster(server)
    async with conn.transaction():
        await settle(conn, store, "other-patient")
        traces = await _traced(conn, store)
    await conn.execute("analyze")
    await conn.execute("checkpoint")
    # the search would find it: in every table that an erasure empties, in indexes, in statistics
    before = await _relations(conn, cluster, traces)
    assert set(ERASED) - before <= {"sample", "outbox"}
    assert {"audit", "patient", "patient!", "fact!", "alert!", "pg_statistic"} <= before
    assert _holding(tmp_path, traces)

    async with conn.transaction():
        await erase(conn, _PATIENT, T0)
    await remove_erased_bodies(conn, store)
    # the counter of numbers moves on with the next patient
    await patients.add_patient(
        conn, wrapping_key=KeyRing.single(bytes(32)), unit="unit", zone="UTC", now_ms=0
    )
    assert any(path.startswith(_LOG) for path in _holding(cluster, traces))
    await rewrite_tables(server.dsn("bytes"))
    assert any(path.startswith(_LOG) for path in _holding(cluster, traces))
    assert await overwrite_old_log(server.dsn("bytes")) == 0
    assert await _relations(conn, cluster, traces) == set()
    assert _holding(cluster, traces) == {}
    assert _holding(tmp_path, traces) == {}
    log = server._home.log.read_bytes() if server._home else b""
    assert [name for name, trace in traces.items() if trace in log] == []
    kept = await (await conn.execute("select count(*) from erasure")).fetchall()
    assert cells_of(kept, 0) == [1]
    assert await consents.covered(conn, [("other-patient", "open_wearables", T0)]) == {0}
