"""Looks at the log without a consumer group: which cluster it is, and each partition's bounds.

It consumes and commits nothing. The watchdog uses this instead of Faust, whose own view of the log
stops when its fetching stops.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from model.topics import TOPICS
from stream.log.messages import Partition

LOG_AWAY: tuple[type[Exception], ...] = (KafkaError,)  # no broker answers, or it refuses
_PARTITIONS: Mapping[str, int] = {topic.name: topic.partitions for topic in TOPICS}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBounds:
    """The bounds of one partition: the log holds offsets [start, end)."""

    start: int
    end: int


class LogView:
    """A started client without a group."""

    def __init__(self, brokers: str, client: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> None:
        self._brokers, self._client, self._admin = brokers, client, admin

    async def bounds(self, topics: Iterable[str]) -> dict[Partition, LogBounds]:
        """Return the bounds of every partition of `topics`; raises `KafkaError`."""
        partitions = _partitions(topics)
        # starts first: what is removed in between makes the bounds too wide, never empty
        starts = await self._client.beginning_offsets(partitions)
        ends = await self._client.end_offsets(partitions)
        bounds: dict[Partition, LogBounds] = {}
        for partition in partitions:
            held = LogBounds(start=starts[partition], end=ends[partition])
            bounds[partition.topic, partition.partition] = held
        return bounds

    async def identity(self, *, mock: bool) -> str:
        """Return the id of the cluster; raises `KafkaError`.

        The id of a mock cluster is always the same, so its address is added.
        """
        description = await self._admin.describe_cluster()
        cluster = str(description["cluster_id"])
        return f"{cluster}:{self._brokers}" if mock else cluster

    async def committed(self, group: str, topics: Iterable[str]) -> dict[Partition, int]:
        """Return what a consumer group has committed; a partition without a commit is absent."""
        offsets = await self._admin.list_consumer_group_offsets(
            group, partitions=_partitions(topics)
        )
        committed: dict[Partition, int] = {}
        for partition, entry in offsets.items():
            # the broker answers -1 for a partition without a commit
            if entry.offset >= 0:
                committed[partition.topic, partition.partition] = entry.offset
        return committed


def _partitions(topics: Iterable[str]) -> list[TopicPartition]:
    partitions: list[TopicPartition] = []
    for topic in topics:
        partitions += map(partial(TopicPartition, topic), range(_PARTITIONS[topic]))
    return partitions


@asynccontextmanager
async def started(client: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a started client without a group; it is closed even when no broker answered."""
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def open_log(brokers: str) -> AsyncIterator[LogView]:
    """Connect to `brokers` (`host:port[,host:port…]`) and give a view of the log."""
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
