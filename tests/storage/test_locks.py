"""Transactions take their locks in the order that `storage` names, so none waits in a circle."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection

from model.keyring import KeyRing
from model.received import Fetch
from storage.bodies import quarantine
from storage.bodies.body_store import Directory
from storage.erase import erase
from storage.fetching.announced_fetches import NoticedFetch, claim_fetches, put_fetches
from storage.people import accounts, patients, quarantine_release
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection, adapt

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))
_LIMIT_S = 30.0
_ACCOUNT = ("v", "a")


@pytest.fixture
async def other(dsn: str, conn: Connection) -> AsyncIterator[Connection]:
    """Connect a second time; account "a" is linked to p1, which two bodies in quarantine name."""
    store = Directory(Path())  # small bodies are in their rows
    await accounts.link_account(conn, "p1", *_ACCOUNT, 0)
    for offset in (1, 2):
        body = quarantine.QuarantinedBody(
            cluster="c", topic="t", partition=0, offset=offset, vendor="v", account="a",
            headers={}, body=b"body",
        )  # fmt: skip
        await quarantine.hold_body(conn, store, _KEY, body, 0)
    await conn.commit()
    async with await AsyncConnection.connect(dsn) as connection:
        adapt(connection)
        yield connection


async def _until_it_waits(dsn: str, pid: int) -> None:
    """Return once the server reports that a connection waits for another."""
    async with (
        asyncio.timeout(_LIMIT_S),
        await AsyncConnection.connect(dsn, autocommit=True) as watching,
    ):
        waits = False
        while not waits:
            row = await watching.execute("select pg_blocking_pids(%s) <> '{}'", [pid])
            ((waits,),) = await row.fetchall()


async def _blocked(dsn: str, conn: Connection, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Begin work on a connection, and return once it waits for another transaction."""
    task = asyncio.create_task(work)
    await _until_it_waits(dsn, conn.info.backend_pid)
    return task


async def test_a_link_that_began_before_an_erasure_ends_before_it(
    conn: Connection, other: Connection, dsn: str
) -> None:
    # what `link_account` does, with the erasure between its two steps
    await patients.hold_patients(other, ["p1"])
    erasing = await _blocked(dsn, conn, erase(conn, "p1", 0))
    assert await quarantine_release.release(other, *_ACCOUNT, 1) == 2
    await other.commit()
    assert (await erasing).counts["quarantine"] == 2
    await conn.commit()


async def test_a_link_that_begins_during_an_erasure_finds_no_patient(
    conn: Connection, other: Connection, dsn: str
) -> None:
    await conn.execute("select from patient where pseudonym = 'p1' for update")
    linking = await _blocked(dsn, other, accounts.link_account(other, "p1", *_ACCOUNT, 1))
    assert (await erase(conn, "p1", 0)).counts["quarantine"] == 2
    await conn.commit()
    with pytest.raises(UnknownNameError):
        await linking


async def test_fetches_are_claimed_by_a_patient_that_is_held_first(
    conn: Connection, other: Connection, dsn: str
) -> None:
    fetch = Fetch(account="a", resource="r", key="k", path="/", format="f", not_before_ms=0)
    noticed = NoticedFetch(connector="v", fetch=fetch, patient=None, noticed_ms=1)
    await put_fetches(conn, _KEY, [noticed])
    await conn.commit()
    await conn.execute("select from patient where pseudonym = 'p1' for update")
    claiming = await _blocked(dsn, other, claim_fetches(other, 2))
    assert (await erase(conn, "p1", 0)).counts["vendor_fetch"] == 1
    await conn.commit()
    assert await claiming == 0
