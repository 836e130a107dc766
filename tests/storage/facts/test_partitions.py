"""Monthly partitions on plain PostgreSQL, made by several workers at once (once a crash)."""

import asyncio

import numpy as np
import pytest

from model.calendar import DAY_MS
from storage.facts.samples import Put, make_partitions
from storage.pg.pool import Connection, open_pool

pytestmark = pytest.mark.anyio
_T0 = 1_764_000_000_000
WORKERS, LOOKS, MONTHS = 4, 8, 6


def put(ms: int) -> list[Put]:
    return [Put(series=(1, 1, 1, 0), revision=0, t=np.array([ms], np.int64), v=np.array([1.0]))]


async def test_workers_that_need_the_same_month_at_once_do_not_fail(dsn: str) -> None:
    async with await open_pool(dsn, WORKERS, WORKERS) as pool:
        connections = [await pool.getconn() for _ in range(WORKERS)]
        try:
            for connection in connections:
                for _ in range(LOOKS):  # only a warm connection kept an answer of its own
                    await _make(connection, _T0)
            for month in range(1, MONTHS):
                await asyncio.gather(
                    *(_make(item, _T0 + month * 40 * DAY_MS) for item in connections)
                )
        finally:
            for connection in connections:
                await pool.putconn(connection)


async def _make(conn: Connection, ms: int) -> None:
    async with conn.transaction():
        await make_partitions(conn, put(ms))
        await conn.execute("select 1")
