"""The tokens of a fetch: renewed once and in time, never spent twice, and gone with the account."""

import asyncio
from dataclasses import replace

import psycopg
import pytest

from model.calendar import DAY_MS, HOUR_MS
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.polar_server import PolarServer
from storage.people import accounts
from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import USER, FetchingWorld

pytestmark = pytest.mark.anyio
_END_TRANSACTIONS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and state = 'idle in transaction'"""


async def test_an_ended_token_is_renewed_once(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    world.vendor.end_access(USER)  # the vendor said nothing of it: the answer is 401
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]
    assert [sent.status for sent in world.vendor.requests] == [401, 200]
    await world.announce("e2")
    assert await world.run() == 1
    assert world.vendor.refreshes == 1


async def test_a_token_is_renewed_before_it_ends(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    world.now_ms += 12 * HOUR_MS - 60_000
    assert await world.run() == 1
    assert [sent.status for sent in world.vendor.requests] == [200]
    assert (world.vendor.refreshes, world.vendor.reused) == (1, 0)


async def test_a_revoked_grant_waits_for_a_person(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    world.vendor.revoke(USER)
    assert await world.run() == 1
    assert await world.states() == [("e1", "waiting", "the account needs reconnecting")]
    assert await world.broken() == ["needs_reconnecting"]
    assert await world.column("select kind from vendor_notice") == ["broken"]
    world.now_ms += DAY_MS
    assert await world.run() == 0  # nobody is asked meanwhile
    await world.connect()
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]


async def test_a_token_without_a_refresh_token_needs_a_person(world: FetchingWorld) -> None:
    await world.connect(refresh=False)
    await world.announce("e1")
    world.vendor.end_access(USER)
    await world.run()
    assert await world.broken() == ["needs_reconnecting"]
    assert world.vendor.refreshes == 0


async def test_without_our_application_a_token_is_not_renewed(world: FetchingWorld) -> None:
    """Nothing is given up: a deployer may add its id and secret."""
    vendors = {"polar": replace(world.parts.vendors["polar"], client=None)}
    world.parts = replace(world.parts, vendors=vendors)
    await world.connect()
    await world.announce("e1")
    world.vendor.end_access(USER)
    await world.run()
    assert await world.states() == [("e1", "failing", "the token was not renewed")]
    assert (world.vendor.refreshes, await world.broken()) == (0, ["connected"])


async def test_a_database_that_goes_away_in_a_refresh_costs_no_token(
    world: FetchingWorld, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor has taken the old refresh token when the transaction with the new one is ended."""
    monkeypatch.setattr("fetcher.tokens._STORE_PAUSE_S", 0.01)
    given = PolarServer.exchanged

    def ended(vendor: PolarServer, arrived: Arrived) -> Reply:
        answer = given(vendor, arrived)
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(_END_TRANSACTIONS)
        return answer

    monkeypatch.setattr(PolarServer, "exchanged", ended)
    await world.connect()
    await world.announce("e1")
    world.vendor.end_access(USER)
    await world.run()
    assert await world.states() == [("e1", "done", "")]
    assert (world.vendor.refreshes, world.vendor.reused) == (1, 0)
    world.vendor.end_access(USER)
    await world.announce("e2")
    monkeypatch.setattr(PolarServer, "exchanged", given)
    await world.run()
    assert await world.broken() == ["connected"]
    assert (world.vendor.refreshes, world.vendor.reused) == (2, 0)


async def test_fetchers_at_once_never_spend_a_refresh_token_twice(world: FetchingWorld) -> None:
    await world.connect()
    for entity in ("e1", "e2", "e3"):
        await world.announce(entity)
    for _ in range(3):
        world.vendor.end_access(USER)
        await asyncio.gather(*(world.run() for _ in range(4)))
        world.now_ms += 1
        for entity in ("e1", "e2", "e3"):
            await world.announce(entity)
    await world.run()
    assert {state for _, state, _ in await world.states()} == {"done"}
    assert (world.vendor.reused, await world.broken()) == (0, ["connected"])


async def test_an_account_that_is_unlinked_has_no_tokens_any_more(
    world: FetchingWorld, conn: Connection
) -> None:
    await world.connect()
    assert await accounts.unlink(conn, "polar", str(USER), world.now_ms)
    assert await world.broken() == []


async def test_no_token_is_in_the_database_in_clear(world: FetchingWorld) -> None:
    await world.connect()
    answer = world.vendor._grants[0]
    (sealed,) = await world.column("select tokens from vendor_connection")
    assert isinstance(sealed, bytes)
    assert answer.access.encode() not in sealed
    assert answer.refresh.encode() not in sealed
