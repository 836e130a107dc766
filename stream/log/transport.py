"""Faust's transport over Kafka, with two things of its consumer set right; it must never change anything else of it.

How long a fetch may wait at the broker: Faust lets it wait 1.5 s when there is nothing. A fetch asks for the partitions
of which nothing is buffered, and until it returns there is no other: what has come in on the partitions that were left
out waits with it.

What the member that leads the group assigns: after an outage of the broker its own metadata may not name our topics
yet, and then every member gets nothing, without an error. The watchdog ends it before those metadata grow old, and a
member that starts anew under its instance id is given the same nothing again: nobody would ever work.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

WAIT_MS = 50

_Assign = Callable[[Any], Awaitable[Any]]


def patch_consumer(consumer: Any) -> Any:  # noqa: ANN401 - aiokafka ships no types
    """Set both things right on a consumer that has not started yet, and return it."""
    start: Callable[[], Awaitable[None]] = consumer.start

    async def begin() -> None:
        await start()
        _assign_when_known(consumer)

    consumer.start = begin
    consumer._fetch_max_wait_ms = WAIT_MS  # noqa: SLF001 - Faust has no setting for it
    return consumer


def _assign_when_known(consumer: Any) -> None:  # noqa: ANN401
    """Let a consumer that leads its group assign only when it knows all topics it subscribes to.

    Where one is not to be had within aiokafka's time for a request, joining fails with its error.
    """
    coordinator, client = consumer._coordinator, consumer._client  # noqa: SLF001 - aiokafka has no place for it
    assign: _Assign = coordinator._perform_assignment  # noqa: SLF001

    async def when_known(joined: Any) -> Any:  # noqa: ANN401
        while True:
            for topic in sorted(consumer.subscription()):
                await client._wait_on_metadata(topic)  # noqa: SLF001
            assignments = await assign(joined)
            if (
                consumer.subscription() <= client.cluster.topics()
            ):  # else it was told otherwise meanwhile
                return assignments

    coordinator._perform_assignment = when_known  # noqa: SLF001


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401 - Faust ships no types
        return patch_consumer(super()._create_worker_consumer(transport))


class _Consumer(Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class KafkaTransport(Transport):
    """Faust's transport over Kafka, whose consumers are mended."""

    Consumer = _Consumer
