"""A database that hangs keeps its connections and answers nothing.

Nobody waits for it without end.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from psycopg import OperationalError

from kadens.embedded.postgres import Postgres, temporary_postgres
from storage.pg.health import database_answers
from storage.pg.pool import PROBE, open_pool
from tests.frozen import frozen

pytestmark = pytest.mark.anyio
_READY_S = 12.0  # limits of a probe add up to 5 s; the rest is for a machine that does much else
_SHORT = replace(PROBE, start_s=10, statement_s=1, checkout_s=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with temporary_postgres() as started:
        yield started


async def test_readiness_is_known_in_time_and_again_once_it_answers(server: Postgres) -> None:
    async with await open_pool(server.dsn()) as pool:
        assert await database_answers(pool)
        with frozen(server):
            for _ in range(3):
                began = time.monotonic()
                assert not await database_answers(pool)
                assert time.monotonic() - began < _READY_S
        async with asyncio.timeout(30):
            while not await database_answers(pool):
                pass


async def test_a_statement_ends_with_an_error_and_its_connection_is_given_up(
    server: Postgres,
) -> None:
    async with await open_pool(server.dsn(), limits=_SHORT) as pool:
        with frozen(server):
            began = time.monotonic()
            with pytest.raises(OperationalError, match="did not answer in time"):
                async with pool.connection() as conn:
                    await conn.execute("select 1")
            assert time.monotonic() - began < _READY_S
            with pytest.raises(OperationalError):
                async with pool.connection():
                    pass


async def test_a_transaction_that_was_given_up_is_not_committed(server: Postgres) -> None:
    async with await open_pool(server.dsn(), limits=_SHORT) as pool:
        async with pool.connection() as conn:
            await conn.execute("create table given_up (n int)")

        async def write() -> None:
            async with pool.connection() as conn:
                await conn.execute("insert into given_up values (1)")
                with frozen(server):
                    await conn.execute("insert into given_up values (2)")

        with pytest.raises(OperationalError):
            await write()
    async with await open_pool(server.dsn()) as pool, pool.connection() as conn:
        assert await (await conn.execute("select n from given_up")).fetchall() == []


async def test_a_hanging_database_is_no_start(server: Postgres) -> None:
    with frozen(server):
        began = time.monotonic()
        with pytest.raises(OperationalError):
            await open_pool(server.dsn(), limits=PROBE)
        assert time.monotonic() - began < _READY_S
