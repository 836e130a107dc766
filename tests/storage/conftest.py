"""One embedded PostgreSQL for all tests of storage, and a fresh database for each test.

TimescaleDB is used as well where it is configured: KADENS_TEST_TIMESCALE=postgresql://… names a
database on a server with the extension. The tests make their own databases beside it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from itertools import count

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from kadens.embedded.postgres import temporary_postgres
from model.keyring import KeyRing
from storage.people import care_team, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, adapt

_TIMESCALE = "KADENS_TEST_TIMESCALE"
_numbers = count()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def embedded() -> Iterator[str]:
    """Give the DSN of a server whose database `kadens_template` holds the schema."""
    with temporary_postgres() as server:
        asyncio.run(_template(server.create_database("kadens_template")))
        yield server.dsn()


async def _template(dsn: str) -> None:
    await migrate(dsn)


def _create(dsn: str, template: str) -> str:
    name = f"kadens_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            # Copying files costs less than writing the whole schema to the log, as is the default.
            SQL("create database {} template {} strategy file_copy").format(
                Identifier(name), Identifier(template)
            )
        )
    return name


def _drop(dsn: str, name: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(SQL("drop database {} with (force)").format(Identifier(name)))


@pytest.fixture(params=["embedded", pytest.param("timescale", marks=pytest.mark.timescale)])
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a database without any table."""
    yield from _database(request, "template0")


@pytest.fixture(params=["embedded", pytest.param("timescale", marks=pytest.mark.timescale)])
def dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a database with the schema and nothing in it."""
    yield from _database(request, "kadens_template")


def _database(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    if request.param == "embedded":
        server: str = request.getfixturevalue("embedded")
    else:
        server = os.environ.get(_TIMESCALE, "")
        if not server:
            pytest.skip(f"{_TIMESCALE} names no TimescaleDB")
    name = _create(server, template if request.param == "embedded" else "template0")
    made = make_conninfo(server, dbname=name)
    if request.param == "timescale" and template != "template0":
        asyncio.run(_template(made))
    yield made
    _drop(server, name)


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[Connection]:
    """Connect, with patients p1, p2 and p3 committed."""
    async with await AsyncConnection.connect(dsn) as connection:
        adapt(connection)
        await care_team.add_unit(connection, "unit")
        for pseudonym in ("p1", "p2", "p3"):
            await patients.add_patient(
                connection,
                wrapping_key=KeyRing.single(bytes(32)),
                unit="unit",
                zone="Europe/Stockholm",
                now_ms=0,
                pseudonym=pseudonym,
            )
        await connection.commit()
        yield connection
