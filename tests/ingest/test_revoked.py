"""The vendor door's view of revoked link tokens.

It counts as known once the log was read to its end. It follows the log at once, and it is kept
while the log is away.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaProducer

from ingest import revoked
from ingest.revoked import RevokedFollower
from kadens.embedded.mock import MockKafka
from model.topics import REVOKED

_DEADLINE_S = 30.0
_TOPIC = {REVOKED.name: REVOKED.partitions}


def _run(coroutine: Awaitable[None]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(coroutine, 60)

    asyncio.run(bounded())


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - the follower has no event for this
            await asyncio.sleep(0.01)


async def append(address: str, *pairs: tuple[bytes, bytes | None]) -> None:
    client = AIOKafkaProducer(bootstrap_servers=address, acks="all")
    await client.start()
    try:
        for key, value in pairs:
            await client.send_and_wait(REVOKED.name, key=key, value=value)
    finally:
        await client.stop()


def test_everything_is_read_before_it_is_known_and_then_followed() -> None:
    async def scenario(address: str) -> None:
        await append(address, *((b"%d" % n, b"9") for n in range(500)))
        follower = RevokedFollower(address)
        assert (follower.known(), follower.fresh()) == (False, False)
        await follower.start()
        assert (follower.known(), follower.fresh()) == (True, True)
        assert all(follower.revoked(b"%d" % n) for n in range(500))
        assert not follower.revoked(b"500")
        await append(address, (b"500", b"9"), (b"0", None))
        await _until(lambda: follower.revoked(b"500") and not follower.revoked(b"0"))
        await follower.stop()

    with MockKafka(_TOPIC) as kafka:
        _run(scenario(kafka.address))


def test_an_empty_topic_is_known_at_once() -> None:
    async def scenario(address: str) -> None:
        follower = RevokedFollower(address)
        await follower.start()
        assert follower.fresh()
        await follower.stop()

    with MockKafka(_TOPIC) as kafka:
        _run(scenario(kafka.address))


def test_while_the_log_is_away_what_is_known_stays_and_grows_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(revoked, "STALE_S", 1.0)
    monkeypatch.setattr(revoked, "ANSWER_S", 1.0)

    async def scenario(kafka: MockKafka) -> None:
        await append(kafka.address, (b"1", b"9"))
        follower = RevokedFollower(kafka.address)
        await follower.start()
        assert follower.fresh()
        kafka.broker_down()
        await _until(lambda: not follower.fresh())
        assert (follower.known(), follower.revoked(b"1")) == (True, True)
        kafka.broker_up()
        await _until(follower.fresh)
        await append(kafka.address, (b"2", b"9"))
        await _until(lambda: follower.revoked(b"2"))
        await follower.stop()

    with MockKafka(_TOPIC) as kafka:
        _run(scenario(kafka))


def test_without_a_broker_the_door_comes_up_and_knows_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(revoked, "ANSWER_S", 0.2)

    async def scenario() -> None:
        follower = RevokedFollower("127.0.0.1:1")
        await follower.start()
        assert (follower.known(), follower.fresh()) == (False, False)
        await follower.stop()

    _run(scenario())
