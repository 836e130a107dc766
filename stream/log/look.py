"""Looks at the log from outside any consumer group: which cluster it is, and where each partition begins and ends.

It consumes and commits nothing. The watchdog asks here and not Faust, whose own view stops with it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from model.topics import TOPICS
from stream.log.messages import Partition

AWAY: tuple[type[Exception], ...] = (KafkaError,)  # no broker answers, or it refuses
PARTITIONS: Mapping[str, int] = {topic.name: topic.partitions for topic in TOPICS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """One partition of the log: offsets [start, end) are there."""

    start: int
    end: int


class LogView:
    """A started client without a group."""

    def __init__(self, brokers: str, client: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> None:
        self._brokers, self._client, self._admin = brokers, client, admin

    async def bounds(self, topics: Iterable[str]) -> dict[Partition, Bounds]:
        """Return the bounds of every partition of `topics`; raises `aiokafka.errors.KafkaError`."""
        places = _places(topics)
        starts = await self._client.beginning_offsets(places)
        ends = await self._client.end_offsets(places)
        return {
            (position.topic, position.partition): Bounds(start=starts[position], end=ends[position])
            for position in places
        }

    async def identity(self, *, mock: bool) -> str:
        """Return the id of the cluster. A mock cluster's is no more than an address in memory, so its port is added."""
        describe_cluster = await self._admin.describe_cluster()
        return (
            f"{describe_cluster['cluster_id']}:{self._brokers}"
            if mock
            else str(describe_cluster["cluster_id"])
        )

    async def committed(self, group: str, topics: Iterable[str]) -> dict[Partition, int]:
        """Return what a consumer group has committed; a partition without a commit is absent."""
        result = await self._admin.list_consumer_group_offsets(group, partitions=_places(topics))
        return {
            (position.topic, position.partition): at.offset
            for position, at in result.items()
            if at.offset >= 0
        }


def _places(topics: Iterable[str]) -> list[TopicPartition]:
    return [
        TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS[topic])
    ]


@asynccontextmanager
async def started(client: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a started client without a group; it is closed in the end, also when no broker answered."""
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def open_log(brokers: str) -> AsyncIterator[LogView]:
    """Connect to `brokers` and give a view of the log."""
    client = AIOKafkaConsumer(
        bootstrap_servers=brokers, enable_auto_commit=False, client_id="kadens-watch"
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers, client_id="kadens-watch")
    async with started(client):
        try:
            await admin.start()
            yield LogView(brokers, client, admin)
        finally:
            await admin.close()
