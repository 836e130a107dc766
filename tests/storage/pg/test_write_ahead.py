"""No file of the write-ahead log has what it had before, and who may see to that."""

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

from kadens.embedded.postgres import Postgres, temporary_postgres
from storage.pg.write_ahead import LogKeptError, overwrite_old_log

pytestmark = pytest.mark.anyio
_MARK = "7f3e-only-this-patient-has-it"
_FILES = 6
_MARKED = "select pg_logical_emit_message(true, 'p', repeat(%s, 99999), true)"
# What a login needs that is no superuser, as docs/operations.md lists it.
_ENOUGH = """
create role keeper login in role pg_checkpoint, pg_monitor;
grant execute on function pg_switch_wal to keeper"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with temporary_postgres() as started:
        yield started


def _marked(server: Postgres) -> set[str]:
    """Return the names of the files of the log that have the mark."""
    assert server._home is not None
    folder = server._home.cluster / "pg_wal"
    return set(map(attrgetter("name"), filter(_holds, filter(Path.is_file, folder.iterdir()))))


def _holds(path: Path) -> bool:
    return _MARK.encode() in path.read_bytes()


def _fill(server: Postgres) -> str:
    """Write the mark into several files, of which some are renamed, and return the present one."""
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        for _file in range(_FILES):
            conn.execute(_MARKED, [_MARK])
            conn.execute("select pg_switch_wal()")
        conn.execute("checkpoint")
        conn.execute(_MARKED, [_MARK])
        (row,) = conn.execute("select pg_walfile_name(pg_current_wal_insert_lsn())").fetchall()
        return str(row[0])


@pytest.mark.promise(14)
async def test_neither_a_file_of_before_nor_one_that_lies_ahead_has_it(server: Postgres) -> None:
    present = _fill(server)
    # the present one, and those renamed for later use, with what they had
    assert present in _marked(server)
    assert max(_marked(server)) > present
    assert await overwrite_old_log(server.dsn()) == 0
    assert _marked(server) == set()


async def test_a_file_that_a_slot_keeps_is_counted(server: Postgres) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("select pg_create_physical_replication_slot('kept', true)")
        present = _fill(server)
        kept = await overwrite_old_log(server.dsn())
        assert kept >= _FILES
        assert min(_marked(server)) < present
        conn.execute("select pg_drop_replication_slot('kept')")
    assert await overwrite_old_log(server.dsn()) == 0
    assert _marked(server) == set()


async def test_it_needs_rights_of_the_server(server: Postgres) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("create role nobody login")
        conn.execute(SQL(_ENOUGH))
    with pytest.raises(LogKeptError):
        await overwrite_old_log(server.dsn().replace("postgres@", "nobody@"))
    _fill(server)
    assert await overwrite_old_log(server.dsn().replace("postgres@", "keeper@")) == 0
    assert _marked(server) == set()
