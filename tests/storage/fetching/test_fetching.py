"""A fetch from the row to the log, against a simulated vendor that fails in every way."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest

from fetcher import client
from fetcher.process import forget_old
from fetcher.single import LEASE_MS
from model.calendar import DAY_MS, HOUR_MS
from model.envelope import INLINE, sealed_owner
from model.privacy.sealed_box import BOX_FORM, BoxError, box_opened, box_private
from model.privacy.sealed_stream import STREAM_FORM, opened_stream
from simulate.vendors.platform.exchanges import Fault, Limit
from storage.erase import erase
from storage.fetching.queue import TakenFetch, give_up_fetches, take_fetches
from storage.fetching.withdrawals import withdraw_uncovered
from storage.people import consents, data_keys
from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import BEGAN_MS, FIT, USER, WORLD_KEY, FetchingWorld
from tests.storage.fetching.killed import KilledError

pytestmark = pytest.mark.anyio
_LEASES = [UUID(int=7), UUID(int=8)]


async def test_what_was_announced_is_on_the_log_with_what_was_requested(
    world: FetchingWorld,
) -> None:
    await world.connect()
    await world.announce("e1")
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]
    (event,) = world.log.events
    envelope = event.envelope
    requested = envelope.requested
    assert requested is not None
    assert event.topic == "kadens.raw"
    assert (envelope.connector, envelope.format, envelope.received_ms) == ("polar", "fit", BEGAN_MS)
    assert (requested.account, requested.key) == (str(USER), "e1")
    assert requested.path == "/v3/exercises/e1/fit"
    # by it the reader of the answer places local times
    assert envelope.context.zone == "Europe/Stockholm"
    assert [sent.path for sent in world.vendor.requests] == ["/v3/exercises/e1/fit"]
    assert await world.run() == 0


@pytest.mark.promise(14)
async def test_an_answer_on_the_log_opens_with_its_patients_key_alone(
    world: FetchingWorld, conn: Connection
) -> None:
    await world.connect()
    await world.announce("e1")
    await world.run()
    (event,) = world.log.events
    assert FIT not in event.value
    assert (event.envelope.patient, event.envelope.sealed) == ("p1", BOX_FORM)
    # the digest and size are those of the answer: the worker knows a repetition by them
    assert event.envelope.sha256 == sha256(FIT + b"e1").hexdigest()
    assert event.envelope.size == len(FIT + b"e1")
    keys = await data_keys.data_keys(conn, WORLD_KEY, ["p1", "p2"])
    owner = sealed_owner(event.envelope)
    assert box_opened(box_private(keys["p1"]), event.value, owner) == FIT + b"e1"
    with pytest.raises(BoxError):
        box_opened(box_private(keys["p2"]), event.value, owner)


async def test_a_large_answer_lies_in_the_store_sealed_for_its_patient(
    conn: Connection, world: FetchingWorld
) -> None:
    world.vendor.exercises["e1"] = {"fit": FIT + bytes(INLINE)}
    await world.connect()
    await world.announce("e1")
    await world.run()
    (event,) = world.log.events
    assert (event.topic, event.value) == ("kadens.raw.large", b"")
    assert (event.envelope.patient, event.envelope.sealed) == ("p1", STREAM_FORM)
    sealed = await world.parts.log.bodies.get(event.envelope.address) or b""
    assert FIT not in sealed
    private = box_private(await data_keys.data_key(conn, WORLD_KEY, "p1"))
    owner = sealed_owner(event.envelope)
    opened = b"".join(opened_stream(private, BytesIO(sealed).read, owner))
    assert opened == FIT + bytes(INLINE)


async def test_half_of_a_file_is_kept_and_asked_for_again(world: FetchingWorld) -> None:
    file = b"\x0e\x10\x00\x08\x14\x00\x00\x00.FIT\x00\x00" + bytes(22)
    world.vendor.exercises["e1"] = {"fit": file[:20]}
    await world.connect()
    await world.announce("e1")
    await world.run()
    assert await world.states() == [("e1", "failing", "half of a FIT file with status 200")]
    world.vendor.exercises["e1"] = {"fit": file}
    world.now_ms += HOUR_MS
    await world.run()
    assert await world.states() == [("e1", "done", "")]
    assert [event.envelope.size for event in world.log.events] == [20, len(file)]


async def test_a_file_that_stays_half_is_given_up_after_four_times(world: FetchingWorld) -> None:
    half = b"\x0e\x10\x00\x08\x14\x00\x00\x00.FIT\x00\x00"
    world.vendor.exercises["e1"] = {"fit": half}
    await world.connect()
    await world.announce("e1")
    for _ in range(6):
        await world.run()
        world.now_ms += HOUR_MS
    why = "given up: half of a FIT file with status 200, which is kept"
    assert await world.states() == [("e1", "given_up", why)]
    # the same bytes, which the worker keeps once
    assert len({event.envelope.sha256 for event in world.log.events}) == 1
    assert len(world.log.events) == 4


async def test_what_was_announced_twice_is_asked_for_once(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    await world.announce("e1")
    assert await world.run() == 1
    await world.announce("e1")  # the same announcement, delivered late
    assert await world.run() == 0
    world.now_ms += 1
    await world.announce("e1")  # announced anew
    assert await world.run() == 1
    assert len(world.log.events) == 2


_FAILS = [
    (Fault.OUTAGE, "status 503"),
    (Fault.PAGE, "a page of HTML with status 200"),
    (Fault.REDIRECT, "status 302"),
    (Fault.SHORT, "the answer breaks off, or is no HTTP"),
    (Fault.CLOSED, "the answer breaks off, or is no HTTP"),
    (Fault.ENDLESS, f"more than {64 * 1024 * 1024} bytes"),
]


@pytest.mark.parametrize(("fault", "why"), _FAILS, ids=lambda value: str(value)[:20])
async def test_a_failed_attempt_says_why_and_is_made_again(
    world: FetchingWorld, fault: Fault, why: str
) -> None:
    await world.connect()
    await world.announce("e1")
    world.vendor.faults.append(fault)
    assert await world.run() == 1  # not again at once
    assert await world.states() == [("e1", "failing", why)]
    (row,) = await world.rows()
    assert (row.attempts, row.not_before_ms) == (1, BEGAN_MS + 11_250)
    world.now_ms += 11_250
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]
    assert len(world.log.events) == 1


async def test_thirty_seconds_of_silence_end_an_attempt(
    world: FetchingWorld,
) -> None:
    assert client.SILENCE_S == 30.0
    world.parts = replace(world.parts, client=client.VendorClient(silence_s=0.05))
    world.vendor.always = Fault.SILENT
    await world.connect()
    await world.announce("e1")
    assert await world.run() == 1
    await world.parts.client.close()
    assert await world.states() == [("e1", "failing", "no byte for 30 s")]


async def test_an_outage_of_a_day_is_caught_up(world: FetchingWorld) -> None:
    await world.connect()
    for entity in ("e1", "e2", "e3"):
        await world.announce(entity)
    world.vendor.always = Fault.OUTAGE
    for _ in range(24 * 4):
        await world.run()
        world.now_ms += HOUR_MS // 4
    assert {state for _, state, _ in await world.states()} == {"failing"}
    assert len(world.vendor.requests) < 3 * 48  # seldom enough
    world.vendor.always = None
    world.now_ms += HOUR_MS
    await world.run()
    assert {state for _, state, _ in await world.states()} == {"done"}


async def test_what_fails_for_a_week_is_given_up(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    world.vendor.always = Fault.OUTAGE
    await world.run()
    world.now_ms += 7 * DAY_MS
    await world.connect()  # its token ended long ago
    await world.run()
    assert await world.states() == [("e1", "given_up", "given up after a week: status 503")]
    world.now_ms += DAY_MS
    assert await world.run() == 0


_ENDS = [
    (Fault.MISSING, "done", "the vendor has nothing there", []),
    (Fault.EMPTY, "done", "the vendor has no data of this", []),
    (Fault.FORBIDDEN, "given_up", "the vendor does not permit it", ["permissions"]),
]


@pytest.mark.parametrize(("fault", "state", "why", "notices"), _ENDS, ids=lambda v: str(v)[:12])
async def test_some_answers_end_a_fetch(
    world: FetchingWorld, fault: Fault, state: str, why: str, notices: list[str]
) -> None:
    await world.connect()
    await world.announce("e1")
    world.vendor.faults.append(fault)
    await world.run()
    assert await world.states() == [("e1", state, why)]
    assert await world.column("select kind from vendor_notice") == notices
    assert world.log.events == []


async def test_a_429_closes_the_vendor_for_all_its_accounts(world: FetchingWorld) -> None:
    await world.connect()
    await world.connect("476", "p2")
    await world.announce("e1")
    await world.announce("e2", "476", "p2")
    world.vendor.faults.append(Fault.SLOWER)
    world.vendor.retry_after = "120"
    assert await world.run() == 1
    world.now_ms += 119_999
    assert await world.run() == 0
    (first, second) = await world.states()
    assert first == ("e1", "waiting", "the vendor asks to wait")
    assert second == ("e2", "waiting", "")
    world.now_ms += 1
    assert await world.run() == 2
    assert {row.attempts for row in await world.rows()} == {0}


async def test_our_budget_is_shared_and_never_exceeded(world: FetchingWorld) -> None:
    """The vendor counts sliding windows; three fetchers ask at once, each with its own memory."""
    vendor = world.parts.vendors["polar"]
    budget = (replace(vendor.api.budget[0], requests=4),)
    world.vendor.limits = (Limit(seconds=900, requests=4),)
    vendors = {"polar": replace(vendor, api=replace(vendor.api, budget=budget, rate_wait=_none))}
    world.parts = replace(world.parts, vendors=vendors)
    for number in range(10):
        account = str(500 + number)
        await world.connect(account, f"p{number % 3 + 1}")
        await world.announce(f"e{number % 3 + 1}", account, f"p{number % 3 + 1}")
    for _ in range(40):
        world.closed.until_ms.clear()
        await asyncio.gather(*(world.run(1) for _ in range(3)))
        world.now_ms += 60_000
    assert {state for _, state, _ in await world.states()} == {"done"}
    assert (len(world.vendor.requests), world.vendor.exceeded) == (10, 0)


def _none(_headers: object) -> int:
    return 0


async def test_headers_about_the_rate_are_obeyed(world: FetchingWorld) -> None:
    world.vendor.limits = (Limit(seconds=900, requests=2),)
    await world.connect()
    for entity in ("e1", "e2", "e3"):
        await world.announce(entity)
    assert await world.run() == 2
    world.now_ms += 899_999
    assert await world.run() == 0
    world.now_ms += 1
    assert await world.run() == 1
    assert world.vendor.exceeded == 0


async def test_an_account_has_one_request_at_a_time(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    await world.announce("e2")
    async with world.parts.pool.connection() as conn:
        (taken,) = await _take(conn, world)
        assert taken.fetch.key == "e1"
    async with world.parts.pool.connection() as conn:
        assert await _take(conn, world) == []
    world.now_ms += LEASE_MS  # a fetcher that was killed holds nothing for ever
    assert await world.run() == 2


async def _take(conn: Connection, world: FetchingWorld) -> list[TakenFetch]:
    until_ms = world.now_ms + LEASE_MS
    return await take_fetches(conn, WORLD_KEY, ["polar"], _LEASES, world.now_ms, until_ms)


async def test_a_fetcher_that_ends_before_its_row_is_done_asks_again(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is on the log twice, with one digest, by which the worker keeps it once."""

    async def killed(*_: object) -> bool:
        await asyncio.sleep(0)
        raise KilledError

    await world.connect()
    await world.announce("e1")
    with monkeypatch.context() as ending:
        ending.setattr("fetcher.single.finish_fetch", killed)
        with pytest.raises(KilledError):
            await world.run()
    assert await world.states() == [("e1", "running", "")]
    world.now_ms += LEASE_MS - 1
    assert await world.run() == 0
    world.now_ms += 1
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]
    first, second = world.log.events
    assert first.envelope.sha256 == second.envelope.sha256


async def test_a_log_that_is_away_costs_a_pause(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1")
    world.log.up = False
    assert await world.run() == 1
    assert await world.states() == [("e1", "failing", "the log did not take the answer")]
    world.log.up = True
    world.now_ms += 60_000
    await world.run()
    assert len(world.log.events) == 1


async def test_nothing_is_asked_without_consent_and_the_tokens_are_destroyed(
    world: FetchingWorld, conn: Connection
) -> None:
    await world.connect()
    await world.announce("e1")
    await consents.withdraw_consent(conn, "p1", "polar", from_ms=world.now_ms)
    await conn.commit()
    assert await world.run() == 1
    assert await world.states() == [("e1", "given_up", "no consent covers it any more")]
    assert world.vendor.requests == []
    async with world.parts.pool.connection() as own:
        assert await withdraw_uncovered(own, world.now_ms) == 1
    assert await world.broken() == []


async def test_erasing_a_patient_erases_tokens_and_fetches(
    world: FetchingWorld, conn: Connection
) -> None:
    await world.connect()
    await world.announce("e1")
    counts = (await erase(conn, "p1", world.now_ms)).counts
    assert (counts["vendor_connection"], counts["vendor_fetch"]) == (1, 1)
    await conn.commit()
    assert await world.run() == 0


async def test_no_cookie_goes_from_one_patient_to_another(world: FetchingWorld) -> None:
    await world.connect()
    await world.connect("476", "p2")
    await world.announce("e1")
    await world.announce("e2", "476", "p2")
    world.vendor.always = Fault.COOKIE
    assert await world.run() == 2
    assert [sent.cookie for sent in world.vendor.requests] == ["", ""]


async def test_a_row_without_a_reader_or_a_patient_waits(world: FetchingWorld) -> None:
    await world.connect()
    await world.announce("e1", "999", None)
    assert await world.run() == 0
    assert await world.states() == [("e1", "waiting", "")]


async def test_what_waits_at_a_vendor_that_is_gone_is_given_up_with_the_reason(
    world: FetchingWorld,
) -> None:
    # nobody is connected: such a row would otherwise wait for ever
    await world.announce("e1")
    async with world.parts.pool.connection() as conn:
        await give_up_fetches(conn, "polar", "nobody to ask", world.now_ms)
    assert await world.states() == [("e1", "given_up", "nobody to ask")]


async def test_what_was_done_long_ago_is_removed_and_what_was_given_up_stays(
    world: FetchingWorld,
) -> None:
    await world.connect()
    for entity in ("e1", "e2"):
        await world.announce(entity)
    world.vendor.faults.append(Fault.FORBIDDEN)
    await world.run()
    world.now_ms += DAY_MS - 1
    assert await forget_old(world.parts, 1) == 0
    world.now_ms += 1
    assert await forget_old(world.parts, 1) == 1
    assert await world.states() == [("e1", "given_up", "the vendor does not permit it")]
