"""The pool: what every connection of it has."""

import asyncio
import time
from dataclasses import replace

import pytest
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import QueryCanceled

from storage.pg.pool import (
    CLINIC_LIMITS,
    COMMAND,
    LONG,
    PROBE,
    WORKER_LIMITS,
    DsnError,
    WaitLimits,
    address,
    open_pool,
)

pytestmark = pytest.mark.anyio


_SETTINGS = ("timezone", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (CLINIC_LIMITS, ["UTC", "8s", "4s", "30s"]),
        (WORKER_LIMITS, ["UTC", "2min", "1min", "2min"]),
        (COMMAND, ["UTC", "1min", "30s", "2min"]),
        (LONG, ["UTC", "0", "0", "2min"]),
        (PROBE, ["UTC", "3s", "2s", "10s"]),
    ],
    ids=["clinic", "worker", "command", "long", "probe"],
)
async def test_a_connection_speaks_utc_and_every_wait_has_an_end(
    dsn: str, limits: WaitLimits, expected: list[str]
) -> None:
    async with await open_pool(dsn, limits=limits) as pool, pool.connection() as conn:
        rows = [
            await (await conn.execute(f"show {name}".encode())).fetchone() for name in _SETTINGS
        ]
    assert [row[0] for row in rows if row] == expected


async def test_a_statement_beyond_its_limit_is_ended_by_the_server(dsn: str) -> None:
    async with await open_pool(dsn, limits=replace(PROBE, statement_s=1)) as pool:
        with pytest.raises(QueryCanceled):
            async with pool.connection() as conn:
                await conn.execute("select pg_sleep(60)")
        async with pool.connection() as conn:
            await conn.execute("select 1")


async def test_a_cancelled_statement_leaves_the_connection_in_use(dsn: str) -> None:
    async with await open_pool(dsn, max_size=1) as pool:
        async with pool.connection() as conn:
            process = conn.info.backend_pid
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), pool.connection() as conn:
                await conn.execute("select pg_sleep(60)")
        async with pool.connection() as conn:
            assert conn.info.backend_pid == process


def test_what_the_address_itself_says_wins() -> None:
    words = conninfo_to_dict(
        address("postgresql://u@h/d?connect_timeout=7&keepalives_idle=60", CLINIC_LIMITS)
    )
    assert (words["connect_timeout"], words["keepalives_idle"], words["tcp_user_timeout"]) == (
        "7",
        "60",
        "30000",
    )


@pytest.mark.parametrize(
    "dsn", ["host=h password=secret port", "secret", "postgresql://u@h/d?secret=1"]
)
def test_what_is_no_address_is_refused_without_being_quoted(dsn: str) -> None:
    with pytest.raises(DsnError) as error:
        address(dsn, COMMAND)
    assert "secret" not in str(error.value)


async def test_a_command_learns_at_once_that_nothing_answers() -> None:
    began = time.monotonic()
    with pytest.raises(OperationalError):
        await open_pool("postgresql://u@127.0.0.1:1/d")
    assert time.monotonic() - began < COMMAND.connect_s
