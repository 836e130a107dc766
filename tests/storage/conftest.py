"""One embedded PostgreSQL for all tests of storage, and an empty database for each test.

TimescaleDB is used as well where it is configured: KADENS_TEST_TIMESCALE=postgresql://… names a
database on a server with the extension. The tests make their own databases beside it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from kadens.embedded.postgres import Postgres
from model.keyring import KeyRing
from storage.people import care_team, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, adapt
from tests.storage.reuse import Databases, create, drop

_TIMESCALE = "KADENS_TEST_TIMESCALE"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def embedded(postgres: Postgres) -> str:
    """Give the DSN of a server whose database TEMPLATE holds the schema."""
    return postgres.dsn()


@pytest.fixture(scope="session")
def databases(embedded: str) -> Databases:
    """Give the databases that tests use one after the other."""
    return Databases(embedded)


_KINDS = ["embedded", pytest.param("timescale", marks=pytest.mark.timescale)]


@pytest.fixture(params=_KINDS)
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a database without any table."""
    server = _timescale() if request.param == "timescale" else request.getfixturevalue("embedded")
    with _new(server) as made:
        yield made


@pytest.fixture(params=_KINDS)
def dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a database with the schema and nothing in it."""
    if request.param == "embedded":
        databases: Databases = request.getfixturevalue("databases")
        with databases.lend() as lent:
            yield lent
        return
    # chunks of a hypertable are no tables of ours, so such a database is not used twice
    with _new(_timescale()) as made:
        asyncio.run(migrate(made))
        yield made


def _timescale() -> str:
    server = os.environ.get(_TIMESCALE, "")
    if not server:
        pytest.skip(f"{_TIMESCALE} names no TimescaleDB")
    return server


@contextmanager
def _new(server: str) -> Iterator[str]:
    name = create(server, "template0")
    yield make_conninfo(server, dbname=name)
    drop(server, name)


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[Connection]:
    """Connect, with patients p1, p2 and p3 committed."""
    # the pool's own zone: a server may call its zone by another name, which a digest tells apart
    async with await AsyncConnection.connect(dsn, options="-c timezone=UTC") as connection:
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
