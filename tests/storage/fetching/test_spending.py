"""Requests that are counted together never exceed a budget, and each knows what it got."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fetcher.spending import BudgetOf, GroupedSpending
from storage.fetching.budgets import BudgetWindow, close_until
from storage.pg.pool import Connection, Pool, open_pool
from storage.pg.roles import FETCHER

pytestmark = pytest.mark.anyio
_NOW_MS = 1_795_000_000_000
_BUDGET = BudgetOf(connector="v", windows=(BudgetWindow(window_ms=900_000, requests=10),))


@pytest.fixture
async def pool(dsn: str, conn: Connection) -> AsyncIterator[Pool]:
    del conn  # it makes the patients
    async with await open_pool(dsn, max_size=4, role=FETCHER) as made:
        yield made


def _now() -> int:
    return _NOW_MS


async def _spent(pool: Pool, spending: GroupedSpending, number: int) -> list[int]:
    return list(await asyncio.gather(*(spending.spend(pool, _BUDGET, _now) for _ in range(number))))


async def test_two_processes_with_many_requests_at_once_keep_to_the_budget(pool: Pool) -> None:
    first, second = GroupedSpending(), GroupedSpending()
    results = await asyncio.gather(_spent(pool, first, 8), _spent(pool, second, 8))
    waits = [*results[0], *results[1]]
    assert waits.count(0) == 10
    assert all(wait >= 900_000 for wait in waits if wait)
    assert (first.waiting, first.counting) == ({}, {})


async def test_many_requests_at_once_are_counted_in_few_transactions(
    pool: Pool, conn: Connection
) -> None:
    assert await _spent(pool, GroupedSpending(), 10) == [0] * 10
    rows = await (await conn.execute("select requests from vendor_request")).fetchall()
    assert rows == [(10,)]


async def test_a_vendor_that_is_closed_lets_everybody_wait(pool: Pool) -> None:
    async with pool.connection() as conn:
        await close_until(conn, "v", _NOW_MS + 5_000)
    assert await _spent(pool, GroupedSpending(), 3) == [5_000] * 3


async def test_an_error_reaches_everybody_who_waits(pool: Pool) -> None:
    spending = GroupedSpending()
    wrong = BudgetOf(connector="v", windows=())
    tasks = [spending.spend(pool, wrong, _now) for _ in range(3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [ValueError] * 3
    assert await _spent(pool, spending, 1) == [0]
