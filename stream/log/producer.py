"""The worker's producer: aiokafka, idempotent, acks=all, awaited in bulk.

It must never drop or reorder the messages that it is given.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Any

from aiokafka import AIOKafkaProducer

from stream.log.messages import Outgoing

MAX_REQUEST = 2 * 1024 * 1024  # bytes; the topics' max.message.bytes
LINGER_MS = 2
SENT_TOGETHER = (
    500  # futures awaited at once, so that a payload of many blocks does not fill the memory
)


class LogProducer:
    """A `messages.Producer` that uses a started aiokafka producer."""

    def __init__(self, client: AIOKafkaProducer) -> None:
        self._client = client

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Append all messages, wait for every acknowledgement and return their offsets.

        Raises `aiokafka.errors.KafkaError`.
        """
        offsets: list[int] = []
        for start in range(0, len(messages), SENT_TOGETHER):
            futures: list[asyncio.Future[Any]] = []
            for message in messages[start : start + SENT_TOGETHER]:
                future = await self._send(message)
                futures.append(future)
            # gathered in the order of sending, whichever acknowledgement comes first
            offsets += map(attrgetter("offset"), await asyncio.gather(*futures))
        return offsets

    async def _send(self, message: Outgoing) -> "asyncio.Future[Any]":
        """Give a message to the client; the future is done when the broker acknowledges it."""
        future: asyncio.Future[Any] = await self._client.send(
            message.topic, value=_value(message), key=message.key, headers=list(message.headers)
        )
        return future


def _value(outgoing: Outgoing) -> bytes | None:
    return None if outgoing.forget else outgoing.value


@asynccontextmanager
async def open_producer(brokers: str) -> AsyncIterator[LogProducer]:
    """Connect to `brokers` (`host:port[,host:port…]`) and yield a producer.

    Its messages are sent before the block ends.
    """
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
