"""Faust's transport over Kafka, with two changes to its consumer. It must change nothing else.

The first change is the wait of a fetch. Faust lets the broker hold a fetch for 1.5 s when there are
no messages. A fetch names the partitions of which nothing is buffered, and until it returns there
is no other fetch. So new messages of the other partitions would wait with it.

The second change is the assignment by the group's leader. After an outage of the broker the
leader's metadata may lack our topics. Then every member is assigned nothing, without an error. The
watchdog ends such a worker before the metadata are refreshed, and a member that returns under its
instance id is assigned nothing again. No worker would ever get a partition.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

FETCH_WAIT_MS = 50

_Assign = Callable[[Any], Awaitable[Any]]


def patch_consumer(consumer: Any) -> Any:  # noqa: ANN401 - aiokafka ships no types
    """Change both settings of a consumer that has not started yet, and return it."""
    start: Callable[[], Awaitable[None]] = consumer.start

    async def begin() -> None:
        await start()
        _assign_when_known(consumer)

    consumer.start = begin
    consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - Faust has no setting for it
    return consumer


def _assign_when_known(consumer: Any) -> None:  # noqa: ANN401 - aiokafka's own, without types
    """Make the leader of a group wait for the metadata of all its topics before it assigns.

    If they do not come within aiokafka's time for a request, joining fails with aiokafka's error.
    """
    # aiokafka has no setting for it
    coordinator, client = consumer._coordinator, consumer._client  # noqa: SLF001 - see above
    assign: _Assign = coordinator._perform_assignment  # noqa: SLF001 - see above

    async def when_known(joined: Any) -> Any:  # noqa: ANN401 - aiokafka's own
        while True:
            for topic in sorted(consumer.subscription()):
                await client._wait_on_metadata(topic)  # noqa: SLF001 - see above
            assignments = await assign(joined)
            # the metadata may have changed while the assignment was made
            if consumer.subscription() <= client.cluster.topics():
                return assignments

    coordinator._perform_assignment = when_known  # noqa: SLF001 - see above


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401 - Faust ships no types
        return patch_consumer(super()._create_worker_consumer(transport))


class _Consumer(Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class KafkaTransport(Transport):
    """Faust's transport over Kafka, whose consumers are patched."""

    Consumer = _Consumer
