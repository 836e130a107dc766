"""Two connections at once: the same facts, new partition, patient and offset ledger."""

import asyncio
from collections.abc import AsyncIterator
from itertools import product

import pytest
from psycopg import AsyncConnection

from model.calendar import MINUTE_MS
from model.facts import AttributedFact
from storage.alerts import to_judge
from storage.digest import table_digests
from storage.facts.offsets import Apply, Replay, advance
from storage.facts.writer import write_facts
from storage.pg.pool import Connection, Pool, open_pool
from stream.compute.derive import derive
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.storage.tellers import T0, attributed_batch, run

pytestmark = pytest.mark.anyio
MONTH = 31 * 1440 * MINUTE_MS


@pytest.fixture
async def other(dsn: str, conn: Connection) -> AsyncIterator[Connection]:  # noqa: ARG001
    """Connect a second time; `conn` has made the patients."""
    async with await AsyncConnection.connect(dsn) as connection:
        yield connection


async def _tell(conn: Connection, attributed: list[AttributedFact]) -> int:
    async with conn.transaction():
        written = await write_facts(conn, attributed)
        for patient, spans in sorted(written.affected.items()):
            window = await load_window(conn, patient, spans)
            await replace_window(conn, window, derive(window))
        await to_judge.mark_all(conn, list(written.affected), T0, "facts")
    return written.new


def _facts(patients: list[str]) -> list[AttributedFact]:
    batch: list[AttributedFact] = []
    for patient, n in product(patients, range(3)):
        batch += attributed_batch(run(f"r{n}", T0 - n * MONTH), patient)
    return batch


async def test_the_same_facts_from_two_workers_are_stored_once(
    conn: Connection, other: Connection
) -> None:
    await conn.commit()
    item, two = await asyncio.gather(
        _tell(conn, _facts(["p1", "p2", "p3"])), _tell(other, _facts(["p3", "p1", "p2"])[::-1])
    )
    assert item + two == 18
    assert await _count(conn) == 9 * 180


async def test_two_workers_need_the_same_new_months_for_different_patients(
    conn: Connection, other: Connection
) -> None:
    await conn.commit()
    await asyncio.gather(_tell(conn, _facts(["p1"])), _tell(other, _facts(["p2"])))
    assert await _count(conn) == 6 * 180


async def test_derived_rows_of_two_workers_miss_nothing_of_each_other(
    conn: Connection, other: Connection
) -> None:
    workouts = [fact for fact in _facts(["p1"]) if type(fact.fact).__name__ == "Workout"]
    samples = [fact for fact in _facts(["p1"]) if type(fact.fact).__name__ != "Workout"]
    await conn.commit()
    await asyncio.gather(_tell(conn, workouts), _tell(other, samples))
    row = await (await conn.execute("select min(hr_n), count(*) from session")).fetchone()
    assert row == (180, 3)
    at_once = await table_digests(conn)
    await conn.execute("truncate fact, record, sample, watermark, session, day, week, due cascade")
    await conn.commit()
    await _tell(conn, _facts(["p1"]))
    assert await table_digests(conn) == at_once


async def test_a_partition_is_claimed_by_one_worker_at_a_time(
    conn: Connection, other: Connection
) -> None:
    await conn.commit()
    assert await advance(conn, "t", {0: (0, 10)}) == {0: Apply()}
    waiting = asyncio.create_task(advance(other, "t", {1: (0, 5), 0: (0, 10)}))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    await conn.commit()
    assert await waiting == {0: Replay(start=10), 1: Apply()}
    await other.rollback()


async def test_who_is_being_written_is_not_judged_and_stays_due(
    conn: Connection, other: Connection
) -> None:
    await to_judge.mark_all(conn, ["p1", "p2"], T0, "facts")
    await conn.commit()
    await write_facts(conn, _facts(["p1"]))
    assert list(await to_judge.take_due(other, T0, 5)) == ["p2"]
    await to_judge.mark_due(conn, "p1", T0, "facts")
    await conn.commit()
    assert list(await to_judge.take_due(other, T0, 5)) == ["p1"]
    await other.rollback()


async def test_a_pool_rolls_back_what_failed_and_commits_the_rest(
    dsn: str, conn: Connection
) -> None:
    await conn.commit()
    async with await open_pool(dsn) as pool:
        with pytest.raises(ZeroDivisionError):
            await _fails(pool)
        assert await _count(conn) == 0
        async with pool.connection() as good:
            await write_facts(good, _facts(["p1"]))
        await conn.commit()
        assert await _count(conn) == 3 * 180


async def _fails(pool: Pool) -> None:
    async with pool.connection() as bad:
        await write_facts(bad, _facts(["p1"]))
        raise ZeroDivisionError


async def _count(conn: Connection) -> int:
    row = await (await conn.execute("select count(*) from sample")).fetchone()
    return int(row[0]) if row else 0
