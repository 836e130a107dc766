"""A group's leader that forgot the topics in an outage assigns them all the same."""

import asyncio
import tempfile
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener

from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.topics import create_topics
from stream.log.transport import patch_consumer
from tests.rig import CONFIGS, PARTITIONS

WITHIN_S = 60.0
pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    """Give a broker of these tests' own, because they kill it."""
    reason = kafka_available()
    if reason:
        pytest.skip(f"Apache Kafka cannot run here: {reason}")
    with (
        tempfile.TemporaryDirectory(prefix="kadens-leader-") as folder,
        Kafka(Path(folder), jvm=FIRST_COMPILER_ONLY) as running,
    ):
        create_topics(running.address, CONFIGS)
        yield running


class First(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """Keeps the first assignment."""

    def __init__(self) -> None:
        self.places: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """Do nothing: there is nothing to give back."""

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        if not self.places.done():
            self.places.set_result(sorted(assigned))


async def assigned(
    address: str, group: str, event: threading.Event, lost: threading.Event
) -> list[Any]:
    """Return the first assignment of a consumer that lost its broker before the topics came."""
    consumer, first = (
        patch_consumer(AIOKafkaConsumer(bootstrap_servers=address, group_id=group)),
        First(),
    )
    await consumer.start()
    try:
        event.set()
        await asyncio.to_thread(lost.wait, WITHIN_S)
        consumer.subscribe(sorted(CONFIGS), listener=first)
        return await asyncio.wait_for(first.places, WITHIN_S)
    finally:
        await consumer.stop()


@pytest.mark.parametrize("group", ["leader-1", "leader-2", "leader-3"])
def test_all_partitions_are_assigned_after_an_outage(kafka: Kafka, group: str) -> None:
    """Run the test three times.

    It is left to chance which of two questions a returning broker answers first.
    """
    is_assigned, lost = threading.Event(), threading.Event()
    with ThreadPoolExecutor() as consumers:
        places = consumers.submit(
            lambda: asyncio.run(assigned(kafka.address, group, is_assigned, lost))
        )
        assert is_assigned.wait(WITHIN_S)
        kafka.kill()
        lost.set()
        kafka.start()
        every: list[tuple[str, int]] = []
        for topic, parts in PARTITIONS.items():
            every += product([topic], range(parts))
        assert places.result(2 * WITHIN_S) == sorted(every)
