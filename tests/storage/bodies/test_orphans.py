"""Files that nothing names are swept; what a row names, or a message may, stays."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.bodies.body_store import PACKED, Directory
from storage.bodies.orphans import PACKED_AGE_S, sweep_incoming, sweep_packed
from storage.bodies.sealed import new_name
from storage.pg.pool import Connection, Pool, open_pool
from stream.housekeeping import Horizon
from tests.storage.derived.traces import files, settle

pytestmark = pytest.mark.anyio
_PARTITION = ("kadens.raw", 0)
_OTHER = ("kadens.facts", 0)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    async with await open_pool(dsn, max_size=2) as made:
        yield made


def age(path: Path, seconds: float) -> None:
    past = time.time() - seconds
    os.utime(path, (past, past))


async def test_what_no_row_names_goes_after_a_day_and_the_rest_stays(
    conn: Connection, pool: Pool, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    await settle(conn, store, "somebody")
    await conn.commit()
    kept = files(tmp_path / PACKED)
    assert len(kept) == 3  # a kept body, one in quarantine, one of a dead letter
    old, young = [tmp_path / await store.put(new_name(), b"sealed", PACKED) for _ in range(2)]
    for path in (*kept, old):
        age(path, PACKED_AGE_S + 60)
    assert await sweep_packed(pool, store) == 1
    assert sorted(files(tmp_path / PACKED)) == sorted([*kept, young])


async def test_what_came_in_goes_by_its_age(pool: Pool, tmp_path: Path) -> None:
    store = Directory(tmp_path)
    old, young = [tmp_path / await store.put(new_name(), b"body") for _ in range(2)]
    age(old, 100)
    assert await sweep_incoming(pool, store, 50) == 1
    assert files(tmp_path) == [young]


async def test_what_an_older_version_holds_where_it_came_in_stays(
    conn: Connection, pool: Pool, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    address = await store.put(new_name(), b"body")
    await conn.execute(
        'insert into quarantine (cluster, topic, part, "offset", vendor, account, headers, '
        "sealed, received_at, size) "
        "values ('', 't', 0, 7, 'v', 'a', jsonb_build_object('address', %s::text), '', "
        "to_timestamp(0), 0)",
        [address],
    )
    await conn.commit()
    age(tmp_path / address, 100)
    assert await sweep_incoming(pool, store, 50) == 0


def test_the_horizon_is_the_look_that_two_later_ones_have_passed() -> None:
    horizon = Horizon()
    assert horizon.look(1, {_PARTITION: 5, _OTHER: 2}, {_PARTITION: 5, _OTHER: 2}) is None
    assert (
        horizon.look(2, {_PARTITION: 9, _OTHER: 3}, {_PARTITION: 5, _OTHER: 2}) is None
    )  # all of the first look is finished
    assert (
        horizon.look(3, {_PARTITION: 9, _OTHER: 3}, {_PARTITION: 9, _OTHER: 2}) is None
    )  # not all of the second
    assert horizon.look(4, {_PARTITION: 9, _OTHER: 3}, {_PARTITION: 9, _OTHER: 3}) == 1
    assert horizon.look(5, {_PARTITION: 9, _OTHER: 4}, {_PARTITION: 9, _OTHER: 3}) is None


def test_without_progress_there_is_no_horizon() -> None:
    horizon = Horizon()
    assert [horizon.look(n, {_PARTITION: 5}, {_PARTITION: 4}) for n in range(9)] == [None] * 9
    assert [horizon.look(n, {_PARTITION: 5}, {}) for n in range(9)] == [None] * 9
