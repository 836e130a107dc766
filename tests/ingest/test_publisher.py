"""The Kafka publisher against librdkafka's mock cluster: acknowledgement, outage and recovery."""

import asyncio
import socket
import time
from collections.abc import Awaitable

import pytest
from aiokafka import AIOKafkaConsumer

from ingest.ports import NotAcceptedError
from ingest.publisher import KafkaPublisher
from kadens.embedded.mock import PRODUCE, MockKafka
from model.topics import CLOCK
from tests.rows import cells_of, values_of

pytestmark = pytest.mark.slow

_TOPIC = "kadens.raw"
_HEADERS = [("connector", b"open_wearables"), ("address", b"")]


def _run(coroutine: Awaitable[None]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(coroutine, 60)

    asyncio.run(bounded())


def publisher(address: str, deadline_s: float = 10.0) -> KafkaPublisher:
    return KafkaPublisher(address, max_message=2 * 1024 * 1024, deadline_s=deadline_s)


async def _read(address: str, count: int) -> list[tuple[bytes, bytes]]:
    consumer = AIOKafkaConsumer(_TOPIC, bootstrap_servers=address, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return values_of([await consumer.getone() for _ in range(count)], "key", "value")
    finally:
        await consumer.stop()


def test_what_is_acknowledged_is_in_the_log() -> None:
    async def scenario(address: str) -> None:
        log = publisher(address)
        await log.start()
        assert await log.ready()
        bodies = [
            (b"%d" % n, b"x" * size) for n, size in enumerate((0, 10, 512 * 1024, 1024 * 1024))
        ]
        await asyncio.gather(*(log.append(_TOPIC, key, body, _HEADERS) for key, body in bodies))
        await log.stop()
        assert sorted(await _read(address, len(bodies))) == bodies

    with MockKafka({_TOPIC: 2}) as kafka:
        _run(scenario(kafka.address))


def test_no_broker_is_not_accepted_in_time_and_the_door_still_starts() -> None:
    async def scenario() -> None:
        log = publisher("127.0.0.1:1", deadline_s=0.3)
        await log.start()
        assert not await log.ready()
        with pytest.raises(NotAcceptedError):
            await log.append(_TOPIC, b"k", b"v", _HEADERS)
        await log.stop()

    _run(scenario())


def test_a_broker_that_goes_and_comes_back() -> None:
    async def scenario(kafka: MockKafka) -> None:
        log = publisher(kafka.address, deadline_s=1.5)
        await log.append(_TOPIC, b"1", b"before", _HEADERS)
        kafka.broker_down()
        with pytest.raises(NotAcceptedError):
            await log.append(_TOPIC, b"2", b"lost or late", _HEADERS)
        assert not await log.ready()
        kafka.broker_up()
        while True:
            try:
                await log.append(_TOPIC, b"3", b"after", _HEADERS)
                break
            except NotAcceptedError:
                continue
        await log.stop()
        payloads = cells_of(await _read(kafka.address, 2), 1)
        assert payloads[0] == b"before"

    with MockKafka({_TOPIC: 1}) as kafka:
        _run(scenario(kafka))


@pytest.mark.parametrize(
    "code", [45, 29]
)  # OUT_OF_ORDER_SEQUENCE_NUMBER, TOPIC_AUTHORIZATION_FAILED
def test_an_error_that_is_no_delay_does_not_last(code: int) -> None:
    async def scenario(kafka: MockKafka) -> None:
        log = publisher(kafka.address)
        await log.start()
        broken = log._client
        kafka.fail_next(PRODUCE, [code])
        with pytest.raises(NotAcceptedError):
            await log.append(_TOPIC, b"1", b"refused", _HEADERS)
        assert broken is not None
        assert (
            log._client is not broken
        )  # the mock checks no sequence numbers; a real broker would refuse for ever
        await log.append(_TOPIC, b"2", b"taken", _HEADERS)
        await log.stop()
        assert await _read(kafka.address, 1) == [(b"2", b"taken")]

    with MockKafka({_TOPIC: 1}) as kafka:
        _run(scenario(kafka))


def test_readiness_is_answered_in_time_by_a_broker_that_hangs() -> None:
    async def scenario(listener: socket.socket) -> None:
        log = publisher(f"127.0.0.1:{listener.getsockname()[1]}")
        began = time.monotonic()
        assert not await log.ready()
        assert not await log.ready()
        assert time.monotonic() - began < 5
        appending = asyncio.create_task(log.append(_TOPIC, b"k", b"v", _HEADERS))
        assert not await log.ready()  # while another waits for the connection
        appending.cancel()
        await asyncio.wait({appending})
        await log.stop()

    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and never answers
        _run(scenario(listener))


def test_the_time_is_the_brokers_and_a_dead_one_is_an_error() -> None:
    async def scenario(address: str) -> None:
        log = publisher(address)
        assert await log.broker_time() == 1234  # the time of the mock, always
        await log.stop()
        dead = publisher("127.0.0.1:1", deadline_s=0.3)
        with pytest.raises(ConnectionError):
            await dead.broker_time()
        await dead.stop()

    with MockKafka({CLOCK.name: 1}) as kafka:
        _run(scenario(kafka.address))
