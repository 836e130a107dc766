"""The log behind the vendor door: an idempotent aiokafka producer that answers only when all replicas have it.

Must never keep a sender waiting beyond its deadline, and must never stay broken: after an error that is not a mere
delay the client is replaced, because aiokafka's sequence numbers may then be ahead of the broker's for ever.
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
CLOSING_S = (
    5.0  # an idempotent client never gives a batch up; its stop must not wait for a dead broker
)


class KafkaPublisher:
    """`ports.Publisher` on Kafka. Comes up without a broker and connects as soon as there is one."""

    def __init__(self, brokers: str, *, max_message: int, deadline_s: float = 10.0) -> None:
        """Take `host:port[,host:port…]`, the largest message in bytes, and how long a sender may be kept waiting."""
        self._brokers, self._max_message, self._deadline_s = brokers, max_message, deadline_s
        self._client: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._closing: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Connect if a broker answers; else the first append will."""
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
        """Append one message and wait for its acknowledgement; raises `NotAcceptedError` at the deadline."""
        client: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._deadline_s):
                client = await self._connected()
                await (await client.send(topic, value=value, key=key, headers=headers))
        except TimeoutError as error:
            raise NotAcceptedError("no acknowledgement in time") from error
        except KafkaError as error:
            self._give_up(client)
            raise NotAcceptedError(type(error).__name__) from error

    async def ready(self) -> bool:
        """Return whether a broker answers within the deadline; answers in time even where everything hangs."""
        asking = asyncio.create_task(self._answers())
        done, _ = await asyncio.wait({asking}, timeout=READY_S)
        if not done:
            asking.cancel()
            self._track(asking)  # it may take a while to give up; nobody waits for that
        return bool(done) and asking.result()

    async def broker_time(self) -> int | None:
        """Return the broker's time (epoch ms) of a message appended now, None where it gives none; raises OSError.

        Over a connection of its own, so that nothing of it touches the bodies' sequence.
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
                except BaseException:
                    self._track(asyncio.create_task(_close(client)))
                    raise
                self._client = client
            return self._client

    def _give_up(self, client: AIOKafkaProducer | None) -> None:
        if client is not None and client is self._client:
            self._client = None
            self._track(asyncio.create_task(_close(client)))

    def _track(self, task: asyncio.Task[Any]) -> None:
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _client(brokers: str, max_message: int, deadline_s: float) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=brokers,
        client_id="kadens-vendor-door",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,  # a broker has one request under way; what arrives meanwhile is the next batch
        max_request_size=max_message,
        compression_type="zstd",  # a sixtieth of a day of samples as JSON; broker, disks and readers have less to carry
        request_timeout_ms=int(deadline_s * 1000),
    )


async def _close(client: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(CLOSING_S):
            await client.stop()
    except (TimeoutError, KafkaError):
        await client.client.close()
