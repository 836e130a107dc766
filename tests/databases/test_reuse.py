"""A database that a test gave back is as a new one, whatever the test did to it."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from storage.pg.migrate import migrate
from tests.databases.reuse import TEMPLATE, Databases

pytestmark = pytest.mark.anyio

_GONE = "delete from care_unit"
_UNIT = "insert into care_unit (name) values ('unit')"
_AUDIT = "insert into audit (at, actor, role, action) values (now(), 'a', 'r', 'data.read')"
# What a test does, and whether the database can be used again after it.
_DONE = {
    "rows": (f"{_UNIT}; {_AUDIT}", True),
    "rows that were deleted": (f"{_UNIT}; {_GONE}", True),
    "a partition": ("select sample_partition('2031-01-01')", True),
    "a table": ("create table more (n int references care_unit)", True),
    "a sequence": ("select nextval(pg_get_serial_sequence('care_unit', 'id'))", True),
    "a temporary table": ("create temporary table more (n int)", True),
    "a column": ("alter table care_unit add column more int", False),
    "a trigger": ("alter table audit disable trigger all", False),
    "a grant": ("grant delete on audit to kadens_worker", False),
    "a function": ("alter function sample_partition(date) cost 7", False),
    "a row of a migration": ("delete from audit_action where action = 'data.read'", False),
}


@pytest.mark.parametrize("done", _DONE)
def test_a_database_that_comes_back_is_as_a_new_one(databases: Databases, done: str) -> None:
    statements, is_reused = _DONE[done]
    with databases.lend() as dsn, psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(statements.encode())
    with databases.lend() as again:
        assert (_name(again) == _name(dsn)) is is_reused
        with psycopg.connect(again) as conn:
            assert _counts(conn) == (0, 0)
            first = conn.execute(f"{_UNIT} returning id".encode()).fetchone()
            assert first == (1,)


async def test_the_template_stays_as_the_migrations_left_it(embedded: str) -> None:
    template = make_conninfo(embedded, dbname=TEMPLATE)
    assert await migrate(template) == []
    with psycopg.connect(template) as conn:
        assert _counts(conn) == (0, 0)


def _name(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def _counts(conn: psycopg.Connection) -> object:
    query = "select (select count(*) from care_unit), (select count(*) from audit)"
    return conn.execute(query.encode()).fetchone()
