"""Statistics are sealed, under labels of a key that ends with the account."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import anyio
import pytest

from model.calendar import DAY_MS
from model.keyring import Key, KeyRing
from model.privacy.statistics import UserMonth, month_statistics
from storage.bodies.wrapping import needed_by, rewrap
from storage.erase import erase
from storage.facts.writer import write_facts
from storage.pg import crypto
from storage.pg.pool import Connection, Pool, open_pool
from storage.pg.roles import ADMIN, WORKER
from storage.rights import account_life, restrictions
from storage.rights.statistic_rows import (
    collect_month,
    newest_month,
    statistic_key_owner,
    statistic_values,
)
from stream.compute.derive import derive
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import cells_of
from tests.storage.tellers import T0, attributed_fact, run

pytestmark = pytest.mark.anyio
_KEYS = KeyRing.single(bytes(32))
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
_NOW = T0 + 40 * DAY_MS
_ROWS = "select month, label, sealed from statistic_row order by month, label"
_WRAPPED = """
select k.wrapped from identity.statistic_key k join patient p on p.id = k.patient
where p.pseudonym = 'p1'"""


@pytest.fixture
async def worker(conn: Connection, dsn: str) -> AsyncIterator[Pool]:
    """Give the worker's pool; p1 trained for half an hour in September, and 40 min in October."""
    facts = [*run("r1", T0), *run("r2", T0 + 20 * DAY_MS, minutes=40)]
    written = await write_facts(conn, list(map(attributed_fact, facts)))
    for name, spans in written.affected.items():
        window = await load_window(conn, name, spans)
        await replace_window(conn, window, derive(window))
    await conn.commit()
    async with await open_pool(dsn, max_size=4, role=WORKER) as pool:
        yield pool


async def _collect(worker: Pool, month: date) -> bool:
    async with worker.connection() as conn:
        return await collect_month(conn, _KEYS, month, _NOW)


async def _values(dsn: str, month: date, keys: KeyRing = _KEYS) -> list[UserMonth] | None:
    async with await open_pool(dsn, max_size=1, role=ADMIN) as pool, pool.connection() as conn:
        return await statistic_values(conn, keys, month)


async def _all(conn: Connection, query: str = _ROWS) -> list[Any]:
    await conn.commit()
    return await (await conn.execute(query.encode())).fetchall()


def _minutes(values: list[UserMonth] | None) -> list[float]:
    return sorted(value.minutes for value in values or ())


@pytest.mark.promise(18)
async def test_a_month_has_every_user_and_the_minutes_of_its_own_dates(
    worker: Pool, dsn: str
) -> None:
    assert await _values(dsn, SEPTEMBER) is None
    assert await _collect(worker, SEPTEMBER)
    assert await _collect(worker, OCTOBER)
    assert _minutes(await _values(dsn, SEPTEMBER)) == [0, 0, 30]
    october = await _values(dsn, OCTOBER)
    assert october is not None
    assert _minutes(october) == [0, 0, 40]
    assert {value.unit for value in october} == {"unit"}
    # three users are a small group: nothing of them is printed
    assert month_statistics(OCTOBER, october).total.users is None


async def test_a_month_is_collected_once_whatever_comes_later(
    worker: Pool, conn: Connection
) -> None:
    done: list[bool] = []

    async def collect() -> None:
        done.append(await _collect(worker, SEPTEMBER))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(collect)
    assert sorted(done) == [False, False, True]
    before = await _all(conn)
    assert len(before) == 3
    assert not await _collect(worker, SEPTEMBER)
    assert await _all(conn) == before
    async with worker.connection() as reading:
        assert await newest_month(reading) == SEPTEMBER


@pytest.mark.promise(18)
async def test_what_is_stored_names_nobody_and_is_sealed(worker: Pool, conn: Connection) -> None:
    for month in (SEPTEMBER, OCTOBER):
        await _collect(worker, month)
    kept = await _all(conn)
    # no label comes twice: the months of a patient have nothing in common
    assert len(set(cells_of(kept, 1))) == 6
    for _, label, sealed in kept:
        assert b"unit" not in bytes(sealed)
        with pytest.raises(crypto.SealError):
            crypto.unwrap_value(_KEYS, bytes(sealed), f"statistic_row:{label.hex()}0")
    columns = await _all(
        conn,
        "select attname::text from pg_attribute where attrelid = 'statistic_row'::regclass "
        "and attnum > 0 and not attisdropped order by attnum",
    )
    assert cells_of(columns, 0) == ["month", "label", "sealed"]


@pytest.mark.promise(18)
async def test_the_end_of_an_account_makes_its_rows_nobodys(
    worker: Pool, conn: Connection, dsn: str
) -> None:
    await _collect(worker, SEPTEMBER)
    [(wrapped,)] = await _all(conn, _WRAPPED)
    key = crypto.unwrap_value(_KEYS, bytes(wrapped), statistic_key_owner("p1"))
    label = crypto.keyed_label(key, f"statistics of {SEPTEMBER}")
    before = await _all(conn)
    # the pseudonym leads to the row as long as there is the key
    assert label in [bytes(each) for each in cells_of(before, 1)]
    async with worker.connection() as closing:
        account = await account_life.free_account(closing, "p1")
        assert account is not None
        await account_life.close_account(closing, account, by="k", why="w", now_ms=_NOW)
    assert await _all(conn, _WRAPPED) == []
    assert await _all(conn) == before
    # and it makes no new one, nor a row of a month after the closing
    await _collect(worker, OCTOBER)
    assert await _all(conn, _WRAPPED) == []
    assert _minutes(await _values(dsn, OCTOBER)) == [0, 0]
    assert _minutes(await _values(dsn, SEPTEMBER)) == [0, 0, 30]


@pytest.mark.promise(18)
async def test_an_erasure_destroys_the_key_and_leaves_the_sums(
    worker: Pool, conn: Connection, dsn: str
) -> None:
    await _collect(worker, SEPTEMBER)
    receipt = await erase(conn, "p1", _NOW)
    await conn.commit()
    assert receipt.counts["identity.statistic_key"] == 1
    assert _minutes(await _values(dsn, SEPTEMBER)) == [0, 0, 30]


async def test_who_objects_or_came_later_is_in_no_statistics(
    worker: Pool, conn: Connection, dsn: str
) -> None:
    await restrictions.record_objection(conn, "p2", by="c", why="objects", now_ms=0)
    await conn.execute("update patient set created_at = '2026-10-01' where pseudonym = 'p3'")
    await conn.commit()
    for month in (SEPTEMBER, OCTOBER):
        await _collect(worker, month)
    assert _minutes(await _values(dsn, SEPTEMBER)) == [30]
    assert _minutes(await _values(dsn, OCTOBER)) == [0, 40]


async def test_a_rotation_of_the_wrapping_key_takes_statistics_along(
    worker: Pool, conn: Connection, dsn: str
) -> None:
    await _collect(worker, SEPTEMBER)
    fresh = Key(id="2", secret=bytes(range(32)))
    # three data keys, three keys of statistics, three rows
    progress = await rewrap(conn, KeyRing((fresh, _KEYS.active)))
    assert (progress.done, progress.left) == (9, 0)
    assert await needed_by(conn, _KEYS.active.id) == []
    await conn.commit()
    assert _minutes(await _values(dsn, SEPTEMBER, KeyRing((fresh,)))) == [0, 0, 30]
    with pytest.raises(crypto.SealError):
        await _values(dsn, SEPTEMBER)
