"""The log behind the vendor door: an idempotent aiokafka producer that waits for all replicas.

It must never keep a sender waiting beyond the deadline, and it must never stay broken. After any
error but a delay the client is replaced, because aiokafka's sequence numbers may then be ahead of
the broker's for ever.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ingest.ports import NotAcceptedError
from model.topics import CLOCK

READY_S = 2.0
STAMPED_BY_BROKER = 1  # timestamp_type of LogAppendTime
# an idempotent client never gives a batch up; its stop must not wait for a dead broker
CLOSING_S = 5.0


class KafkaPublisher:
    """`ports.Publisher` on Kafka; it starts without a broker and connects once a broker answers."""

    def __init__(self, brokers: str, *, max_message: int, deadline_s: float = 10.0) -> None:
        """Keep the settings; nothing is connected yet.

        `brokers` is `host:port[,host:port…]`, `max_message` is in bytes, and `deadline_s` is how
        long a sender may be kept waiting.
        """
        self._brokers, self._max_message, self._deadline_s = brokers, max_message, deadline_s
        self._client: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._closing: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Connect if a broker answers; otherwise the first append connects."""
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._connected()
        except (TimeoutError, KafkaError):
            return

    async def stop(self) -> None:
        """Send what is under way, for at most `CLOSING_S`, and disconnect."""
        client, self._client = self._client, None
        if client is not None:
            await _close(client)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def append(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Append a message and wait for its acknowledgement.

        Raises `NotAcceptedError` at the deadline, and for any error of the log.
        """
        client: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._deadline_s):
                client = await self._connected()
                await (await client.send(topic, value=value, key=key, headers=headers))
        except TimeoutError as error:
            # The client is kept: the batch is still on its way with its sequence number, and the
            # log knows it when it is sent again.
            raise NotAcceptedError("no acknowledgement in time") from error
        except KafkaError as error:
            self._give_up(client)
            raise NotAcceptedError(type(error).__name__) from error

    async def ready(self) -> bool:
        """Return whether a broker answers within `READY_S`; it never takes longer than that."""
        asking = asyncio.create_task(self._answers())
        done, _ = await asyncio.wait({asking}, timeout=READY_S)
        if not done:
            asking.cancel()
            self._track(asking)  # cancelling may take a while, and nobody waits for it
        return bool(done) and asking.result()

    async def broker_time(self) -> int | None:
        """Return the broker's time (epoch ms) of a message appended now, None where it gives none.

        Raises OSError where the log does not answer. It uses a connection of its own, so that the
        sequence numbers of the bodies are not touched.
        """
        client = AIOKafkaProducer(bootstrap_servers=self._brokers, client_id="kadens-clock", acks=1)
        try:
            async with asyncio.timeout(self._deadline_s):
                await client.start()
                sent = await client.send_and_wait(CLOCK.name, b"")
        except (TimeoutError, KafkaError) as error:
            raise ConnectionError("the log gave no time") from error
        finally:
            self._track(asyncio.create_task(_close(client)))
        return int(sent.timestamp) if sent.timestamp_type == STAMPED_BY_BROKER else None

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(READY_S):
                client = await self._connected()
                return bool(await client.client.force_metadata_update())
        except (TimeoutError, KafkaError):
            return False

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._client is None:
                client = _client(self._brokers, self._max_message, self._deadline_s)
                try:
                    await client.start()
                except BaseException:  # also when cancelled: a half-started client has tasks open
                    self._track(asyncio.create_task(_close(client)))
                    raise
                self._client = client
            return self._client

    def _give_up(self, client: AIOKafkaProducer | None) -> None:
        if client is not None and client is self._client:
            self._client = None
            self._track(asyncio.create_task(_close(client)))

    def _track(self, task: asyncio.Task[Any]) -> None:
        # asyncio keeps only weak references: a task that nobody holds may vanish before its end
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _client(brokers: str, max_message: int, deadline_s: float) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=brokers,
        client_id="kadens-vendor-door",
        acks="all",
        enable_idempotence=True,
        # no lingering: messages that arrive during a broker's request form the next batch anyway
        linger_ms=0,
        max_request_size=max_message,
        # a day of samples as JSON shrinks to a sixtieth, for the broker, its disks and its readers
        compression_type="zstd",
        request_timeout_ms=int(deadline_s * 1000),
    )


async def _close(client: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(CLOSING_S):
            await client.stop()
    except (TimeoutError, KafkaError):
        await client.client.close()
