"""The vendor door's view of the topic of revoked link tokens, without a consumer group.

The topic is read from its beginning at the start, and then followed. While the log cannot be
reached, the door keeps what it knows, and `fresh` becomes False.
"""

import asyncio
import contextlib
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from model.topics import REVOKED
from runtime.log_lines import get_logger

STALE_S = 10.0  # a door whose knowledge is older than this is not ready
ANSWER_S = 5.0  # how long the log may take for one answer
_PAUSE_S = 0.5
POLL_MS = 500
_PARTITION = TopicPartition(REVOKED.name, 0)
_log = get_logger(__name__)


class RevokedFollower:
    """`ports.Revocations` over Kafka; it can start before the broker does."""

    def __init__(self, brokers: str) -> None:
        """Keep the brokers' addresses, `host:port[,host:port…]`; nothing is connected yet."""
        self._brokers = brokers
        self._digests: set[bytes] = set()
        self._as_of: float | None = None  # loop time; all that the log held at this time is known
        self._complete = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow the log; returns once everything was read, or after `ANSWER_S`."""
        self._task = asyncio.create_task(self._follow())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await self._complete.wait()

    async def stop(self) -> None:
        """Stop following the log."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def known(self) -> bool:
        """Return whether the log was read to its end at least once."""
        return self._as_of is not None

    def fresh(self) -> bool:
        """Return whether the knowledge is at most `STALE_S` old."""
        return (
            self._as_of is not None and asyncio.get_running_loop().time() - self._as_of <= STALE_S
        )

    def revoked(self, digest: bytes) -> bool:
        """Return whether the token of this digest is revoked."""
        return digest in self._digests

    async def _follow(self) -> None:
        """Read for ever; after an error, start again from the beginning with a new client."""
        result = ""
        while True:
            try:
                await self._read()
            except (KafkaError, TimeoutError, OSError) as error:
                # the same error may come every half second: it is logged when it changes
                if type(error).__name__ != result:
                    result = type(error).__name__
                    _log.warning(
                        "the topic cannot be followed; is it there? `kadens migrate` makes it",
                        topic=REVOKED.name,
                        error=result,
                    )
            await asyncio.sleep(_PAUSE_S)

    async def _read(self) -> None:
        client = AIOKafkaConsumer(
            bootstrap_servers=self._brokers,
            client_id="kadens-vendor-door",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=int(ANSWER_S * 1000),
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                await client.start()
            client.assign([_PARTITION])
            async with asyncio.timeout(ANSWER_S):
                await client.seek_to_beginning(_PARTITION)
            while True:
                await self._catch_up(client)
        finally:
            await _close(client)

    async def _catch_up(self, client: AIOKafkaConsumer) -> None:
        """Read to the present end of the log, and then for a moment what is added."""
        # taken before the end is known: a token revoked after this may be missing from what is read
        now = asyncio.get_running_loop().time()
        async with asyncio.timeout(ANSWER_S):
            end = (await client.end_offsets([_PARTITION]))[_PARTITION]
        async with asyncio.timeout(STALE_S):
            while await client.position(_PARTITION) < end:
                self._take(await _some(client))
        self._as_of = now
        self._complete.set()
        self._take(await _some(client))

    def _take(self, records: Iterable[ConsumerRecord]) -> None:
        for record in records:
            # a message without a value takes its key back (the topic is compacted)
            if record.value is None:
                self._digests.discard(record.key)
            else:
                self._digests.add(record.key)


async def _some(client: AIOKafkaConsumer) -> list[ConsumerRecord]:
    records = await client.getmany(_PARTITION, timeout_ms=POLL_MS)
    return list(records.get(_PARTITION, ()))


async def _close(client: AIOKafkaConsumer) -> None:
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(ANSWER_S):
            await client.stop()
