"""Fixtures of databases, for the tests of every room: empty ones, and ones with the schema.

TimescaleDB is used as well where it is configured: KADENS_TEST_TIMESCALE=postgresql://… names a
database on a server with the extension. The tests make their own databases beside it.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg.conninfo import make_conninfo

from kadens.embedded.postgres import Postgres
from storage.pg.migrate import migrate
from tests.databases.reuse import Databases, create, drop

_TIMESCALE = "KADENS_TEST_TIMESCALE"


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
