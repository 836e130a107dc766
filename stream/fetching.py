"""How long a fetch may wait at the broker: Faust's transport, with one figure of its consumer set.

Faust lets a fetch wait 1.5 s when there is nothing. A fetch asks for the partitions of which nothing is buffered, and
until it returns there is no other: what has come in on the partitions that were left out waits with it. It must never
change anything else of how Faust consumes.
"""

from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

WAIT_MS = 50


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401 - Faust ships no types
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = WAIT_MS  # noqa: SLF001 - Faust has no setting for it
        return consumer


class _Consumer(Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class PromptTransport(Transport):
    """Faust's transport over Kafka, whose fetches return within `WAIT_MS`."""

    Consumer = _Consumer
