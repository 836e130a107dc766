"""An account whose patient asked for it is closed on the last day for the answer, by itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from model.calendar import DAY_MS, epoch_ms
from model.privacy.closing import ClosingTerms
from model.privacy.requests import RightKind
from storage.pg.pool import Connection, Pool, open_pool
from storage.pg.roles import WORKER
from storage.rights.rights_requests import open_request
from stream.rights.closing import CLOSED_AT_WISH, AccountTender, close_wished

pytestmark = pytest.mark.anyio
# 23:00 in Stockholm, so that the last day begins an hour later
_RECEIVED_MS = epoch_ms(datetime(2026, 10, 31, 22, tzinfo=UTC))
_LAST_DAY_MS = epoch_ms(datetime(2026, 11, 29, 23, tzinfo=UTC))
_CLOSED = """
select p.pseudonym, m.kind, m.by, m.why, q.state, q.answer from account_move m
join patient p on p.id = m.patient left join rights_request q on q.patient = p.id order by m.id"""


@pytest.fixture(name="worker")
async def _worker(dsn: str) -> AsyncIterator[Pool]:
    async with await open_pool(dsn, max_size=2, role=WORKER) as pool:
        yield pool


async def _close(pool: Pool, at_ms: int) -> int:
    tender = AccountTender(pool=pool, terms=ClosingTerms(), ways=(), now=lambda: at_ms)
    return await close_wished(tender)


async def _closed(conn: Connection) -> list[Any]:
    return await (await conn.execute(_CLOSED)).fetchall()


@pytest.mark.promise(16)
async def test_it_is_closed_on_the_last_day_and_once(conn: Connection, worker: Pool) -> None:
    await open_request(conn, "p1", RightKind.CLOSING, _RECEIVED_MS, "signed in")
    await open_request(conn, "p2", RightKind.ERASURE, _RECEIVED_MS, "signed in")
    await conn.commit()
    assert await _close(worker, _LAST_DAY_MS - 1) == 0
    assert [await _close(worker, _LAST_DAY_MS), await _close(worker, _LAST_DAY_MS)] == [1, 0]
    assert await _closed(conn) == [("p1", "close", "kadens", "asked", "answered", CLOSED_AT_WISH)]


async def test_nobody_is_closed_who_was_not_identified_or_was_refused(
    conn: Connection, worker: Pool
) -> None:
    await open_request(conn, "p1", RightKind.CLOSING, _RECEIVED_MS)
    await open_request(conn, "p2", RightKind.CLOSING, _RECEIVED_MS, "signed in")
    await conn.execute(
        "update rights_request set state = 'refused', closed_at = now() where identified <> ''"
    )
    await conn.commit()
    assert await _close(worker, _LAST_DAY_MS + 90 * DAY_MS) == 0
    assert await _closed(conn) == []
