"""The worker's producer: aiokafka, idempotent, acks=all, awaited in bulk. Must never drop or reorder what it got."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from stream.log.messages import Outgoing

MAX_REQUEST = 2 * 1024 * 1024  # bytes; the topics' max.message.bytes
LINGER_MS = 2
IN_FLIGHT = 500  # futures awaited together, so that a body of many blocks does not fill the memory


class LogProducer:
    """`messages.Producer` over a started aiokafka producer."""

    def __init__(self, client: AIOKafkaProducer) -> None:
        self._client = client

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Append all messages, wait for every acknowledgement and return their offsets.

        Raises `aiokafka.errors.KafkaError`.
        """
        offsets: list[int] = []
        for start in range(0, len(messages), IN_FLIGHT):
            part = messages[start : start + IN_FLIGHT]
            sent = [
                await self._client.send(
                    item.topic, value=_value(item), key=item.key, headers=list(item.headers)
                )
                for item in part
            ]
            offsets += [at.offset for at in await asyncio.gather(*sent)]
        return offsets


def _value(outgoing: Outgoing) -> bytes | None:
    return None if outgoing.forget else outgoing.value


@asynccontextmanager
async def open_producer(brokers: str) -> AsyncIterator[LogProducer]:
    """Connect to `brokers` (`host:port[,host:port…]`) and give a producer; all it was given is sent at the end."""
    client = AIOKafkaProducer(
        bootstrap_servers=brokers,
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        max_request_size=MAX_REQUEST,
        compression_type="zstd",
        client_id="kadens-worker",
    )
    await client.start()
    try:
        yield LogProducer(client)
    finally:
        await client.stop()
