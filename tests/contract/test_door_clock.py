"""The vendor door's publisher on Apache Kafka.

It covers the broker's time of a message, and readiness while the broker hangs.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from ingest.clock_watch import Agreement, judged
from ingest.publisher import KafkaPublisher
from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.topics import create_topics
from tests.rig import CONFIGS

pytestmark = pytest.mark.kafka
_MINUTE = 60_000
_READY_S = 12.0  # limits of a probe add up to 5 s; the rest is for a machine that does much else


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    reason = kafka_available()
    if reason:
        pytest.skip(f"Apache Kafka cannot run here: {reason}")
    with Kafka(tmp_path_factory.mktemp("clock") / "kafka", jvm=FIRST_COMPILER_ONLY) as running:
        create_topics(running.address, CONFIGS)
        yield running


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_the_time_of_a_message_is_the_brokers_own(kafka: Kafka) -> None:
    async def scenario() -> None:
        log = KafkaPublisher(kafka.address, max_message=2**21)
        sent, stamp, answered = _now_ms(), await log.broker_time(), _now_ms()
        await log.stop()
        assert stamp is not None
        assert sent <= stamp <= answered
        assert judged(sent - 2 * _MINUTE, stamp, answered - 2 * _MINUTE) is Agreement.DIFFERS

    asyncio.run(scenario())


def test_readiness_is_answered_while_the_broker_hangs_and_after(kafka: Kafka) -> None:
    async def scenario() -> None:
        log = KafkaPublisher(kafka.address, max_message=2**21)
        assert await log.ready()
        (child,) = kafka._running.values()
        child.process.send_signal(signal.SIGSTOP)
        # A signal is on its way for a moment, in which the broker may still answer.
        await asyncio.to_thread(os.waitpid, child.process.pid, os.WUNTRACED)
        try:
            for _ in range(2):
                began = time.monotonic()
                assert not await log.ready()
                assert time.monotonic() - began < _READY_S
        finally:
            child.process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 60
        while not await log.ready():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        await log.stop()

    asyncio.run(scenario())
