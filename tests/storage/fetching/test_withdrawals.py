"""A withdrawal reaches the vendor, is tried for a week, and leaves no token behind."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fetcher.process import tidy
from model.calendar import DAY_MS, HOUR_MS
from model.received import Notice, NoticeKind
from simulate.vendors.platform.exchanges import Fault
from storage.erase import erase
from storage.fetching.announced_fetches import PatientNotice, put_notices
from storage.fetching.budgets import spend_request
from storage.fetching.withdrawals import withdraw_accounts
from storage.people import consents
from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import USER, WORLD_KEY, FetchingWorld, open_world
from tests.storage.fetching.killed import KilledError
from tests.storage.fetching.test_kills import killed_step

pytestmark = pytest.mark.anyio
_ROWS = "select state || ' ' || reason || ' ' || (tokens is null)::text from vendor_withdrawal"


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[FetchingWorld]:
    async with open_world(dsn, conn, tmp_path) as made:
        await made.connect()
        await made.announce("e1")
        yield made


async def _withdraw(world: FetchingWorld) -> None:
    await consents.withdraw_consent(world.conn, "p1", "polar", from_ms=world.now_ms)
    assert await withdraw_accounts(world.conn, "p1", "polar", world.now_ms) == 1
    await world.conn.commit()


@pytest.mark.promise(7)
async def test_the_vendor_is_told_and_the_tokens_are_destroyed(world: FetchingWorld) -> None:
    await _withdraw(world)
    await tidy(world.parts)
    assert [(sent.method, sent.path) for sent in world.vendor.requests] == [
        ("DELETE", f"/v3/users/{USER}")
    ]
    assert (world.vendor.withdrawn, world.vendor.holds(USER)) == ([str(USER)], False)
    assert await world.column(_ROWS) == ["done  true"]
    assert await world.states() == [("e1", "given_up", "the patient withdrew")]
    assert await world.run() == 0
    await tidy(world.parts)
    assert len(world.vendor.requests) == 1


async def test_a_token_that_ended_is_renewed_for_the_withdrawal(world: FetchingWorld) -> None:
    await _withdraw(world)
    world.now_ms += DAY_MS
    await tidy(world.parts)
    assert (world.vendor.refreshes, world.vendor.withdrawn) == (1, [str(USER)])


async def test_a_kill_while_the_vendor_is_told_costs_no_token(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _withdraw(world)
    world.now_ms += DAY_MS
    with monkeypatch.context() as ending:
        step = killed_step(spend_request, done=True)
        ending.setattr("fetcher.withdrawing.spend_request", step)
        with pytest.raises(KilledError):
            await tidy(world.parts)
    # the new tokens are there: a spent one that came again would end the account untold
    await tidy(world.parts)
    assert (world.vendor.refreshes, world.vendor.reused) == (1, 0)
    assert world.vendor.withdrawn == [str(USER)]


async def test_a_vendor_that_is_away_is_told_later(world: FetchingWorld) -> None:
    await _withdraw(world)
    world.vendor.always = Fault.OUTAGE
    await tidy(world.parts)
    assert await world.column(_ROWS) == ["waiting status 503 false"]
    world.vendor.always = None
    await tidy(world.parts)
    assert world.vendor.withdrawn == []  # not before its time
    world.now_ms += HOUR_MS
    await tidy(world.parts)
    assert await world.column(_ROWS) == ["done  true"]


async def test_after_a_week_the_tokens_are_destroyed_all_the_same(world: FetchingWorld) -> None:
    await _withdraw(world)
    world.vendor.always = Fault.OUTAGE
    world.vendor.token_faults.extend([Fault.OUTAGE])
    world.now_ms += 7 * DAY_MS
    await tidy(world.parts)
    (row,) = await world.column(_ROWS)
    assert str(row).startswith("given_up given up after a week")
    assert str(row).endswith("true")


async def test_a_grant_that_the_vendor_ended_is_withdrawn(world: FetchingWorld) -> None:
    await _withdraw(world)
    world.vendor.revoke(USER)
    await tidy(world.parts)
    # a token alone may have ended, so only the refusal to renew it says that the grant has
    assert await world.column(_ROWS) == ["waiting status 401 false"]
    world.now_ms += HOUR_MS
    await tidy(world.parts)
    assert await world.column(_ROWS) == ["done  true"]


@pytest.mark.promise(7)
async def test_a_token_that_the_vendor_ended_early_is_renewed_and_the_vendor_is_told(
    world: FetchingWorld,
) -> None:
    await _withdraw(world)
    world.vendor.end_access(USER)
    await tidy(world.parts)
    assert (world.vendor.withdrawn, world.vendor.holds(USER)) == ([], True)
    assert await world.column(_ROWS) == ["waiting status 401 false"]
    world.now_ms += HOUR_MS
    await tidy(world.parts)
    assert (world.vendor.refreshes, world.vendor.withdrawn) == (1, [str(USER)])
    assert await world.column(_ROWS) == ["done  true"]


async def test_without_a_way_to_renew_it_a_token_that_ended_ends_the_grant(
    world: FetchingWorld,
) -> None:
    await world.connect(refresh=False)
    await _withdraw(world)
    world.vendor.end_access(USER)
    await tidy(world.parts)
    assert await world.column(_ROWS) == ["done  true"]


async def test_a_consent_that_ends_later_is_withdrawn_by_the_fetcher(world: FetchingWorld) -> None:
    at_ms = world.now_ms + HOUR_MS
    await consents.withdraw_consent(world.conn, "p1", "polar", from_ms=at_ms)
    await world.conn.commit()
    await tidy(world.parts)
    assert world.vendor.withdrawn == []
    world.now_ms = at_ms
    await tidy(world.parts)
    assert world.vendor.withdrawn == [str(USER)]


async def test_who_connects_again_is_not_withdrawn(world: FetchingWorld) -> None:
    await _withdraw(world)
    world.now_ms += 1
    await consents.give_consent(
        world.conn, "p1", "polar", from_ms=world.now_ms, now_ms=world.now_ms
    )
    await world.connect()
    await tidy(world.parts)
    assert (world.vendor.withdrawn, await world.column(_ROWS)) == ([], [])


async def test_a_vendor_without_a_way_to_withdraw_is_not_asked(world: FetchingWorld) -> None:
    vendor = world.parts.vendors["polar"]
    auth = vendor.api.auth
    assert auth is not None
    api = replace(vendor.api, auth=replace(auth, revoke=None))
    parts = replace(world.parts, vendors={"polar": replace(vendor, api=api)})
    await _withdraw(world)
    await tidy(parts)
    assert await world.column(_ROWS) == ["given_up the vendor takes no withdrawal true"]
    assert world.vendor.requests == []


def _word_of_vendor(received_ms: int) -> PatientNotice:
    notified = Notice(account=str(USER), kind=NoticeKind.REVOKED)
    return PatientNotice(connector="polar", notice=notified, patient="p1", received_ms=received_ms)


async def test_a_notice_of_the_vendor_ends_the_connection_without_a_word(
    world: FetchingWorld,
) -> None:
    # of a connection before
    await put_notices(world.conn, [_word_of_vendor(world.now_ms - 1)])
    await world.conn.commit()
    await tidy(world.parts)
    assert await world.broken() == ["connected"]
    await put_notices(world.conn, [_word_of_vendor(world.now_ms + 1)])
    await world.conn.commit()
    await tidy(world.parts)
    assert (await world.broken(), await world.column(_ROWS)) == ([], ["done  true"])
    assert world.vendor.requests == []


async def test_the_vendors_word_counts_also_where_its_tokens_ended_before(
    world: FetchingWorld,
) -> None:
    world.vendor.revoke(USER)
    await world.run()
    await tidy(world.parts)
    # what the fetcher saw itself may be a mistake, and only asks for a new connection
    assert await world.broken() == ["needs_reconnecting"]
    await put_notices(world.conn, [_word_of_vendor(world.now_ms + 1)])
    await world.conn.commit()
    await tidy(world.parts)
    assert (await world.broken(), await world.column(_ROWS)) == ([], ["done  true"])


async def _erase(world: FetchingWorld) -> None:
    receipt = await erase(world.conn, "p1", world.now_ms, WORLD_KEY)
    assert receipt.counts["vendors"] == 1
    await world.conn.commit()
    assert await world.column("select patient is null from vendor_withdrawal") == [True]


@pytest.mark.promise(14)
async def test_the_vendor_of_an_erased_patient_is_told_and_nothing_is_left(
    world: FetchingWorld,
) -> None:
    await _erase(world)
    await tidy(world.parts)
    assert (world.vendor.withdrawn, world.vendor.holds(USER)) == ([str(USER)], False)
    assert await world.column("select count(*) from vendor_withdrawal") == [0]


@pytest.mark.promise(14)
async def test_of_an_erased_patient_a_vendor_that_is_away_is_told_later(
    world: FetchingWorld,
) -> None:
    await _erase(world)
    world.vendor.always = Fault.OUTAGE
    await tidy(world.parts)
    assert await world.column("select reason from vendor_withdrawal") == ["status 503"]
    world.vendor.always = None
    # the token has ended meanwhile, and is renewed with what was kept
    world.now_ms += DAY_MS
    await tidy(world.parts)
    assert (world.vendor.refreshes, world.vendor.withdrawn) == (1, [str(USER)])
    assert await world.column("select count(*) from vendor_withdrawal") == [0]


@pytest.mark.promise(14)
async def test_of_an_erased_patient_nothing_waits_longer_than_a_week(
    world: FetchingWorld,
) -> None:
    await _erase(world)
    world.vendor.always = Fault.OUTAGE
    world.vendor.token_faults.extend([Fault.OUTAGE])
    world.now_ms += 7 * DAY_MS
    await tidy(world.parts)
    assert await world.column("select count(*) from vendor_withdrawal") == [0]
