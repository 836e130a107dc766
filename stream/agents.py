"""The Faust agents: they take messages from the stream and give them to a `BatchScheduler`.

These rules are binding. Each was measured against faust-streaming 0.15.3:

- An agent uses `noack_take` only: `take` and `async for` acknowledge messages that failed.
- An agent has one concurrent instance: several acknowledge out of order.
- Messages are acknowledged strictly in offset order, and only after the handler returned.
- An agent never ends: see `_agent`.
"""

import asyncio
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import faust
from faust.types import TP

from stream.batching import BatchLimits, Busy, next_batch
from stream.faults import without_values
from stream.log.ledger import HoleError
from stream.log.messages import Message, Partition, Run, batches, messages_of
from stream.metrics import WorkerMetrics

BatchHandler = Callable[[Sequence[Run]], Awaitable[None]]
OnFailure = Callable[[Exception], Awaitable[None]]

# messages in one call to Faust: their bytes are counted only afterwards, and are up to half a
# megabyte each; what waits meanwhile forms larger batches all the same
TAKEN_AT_ONCE = 100
TAKE_WITHIN_S = 0.05  # how long a lone message waits for others
# beyond either of these, queued and in flight together, no more is taken from Faust
MAX_HELD_MESSAGES = 1_200
MAX_HELD_BYTES = 24 * 1024 * 1024
MOST_REST_S = 0.5  # however long a batch took, its topic rests no longer
HELD_UP_S = 0.25  # a batch that takes longer counts as held up, and another may start beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicHandler:
    """The handler of a topic's batches, and their limits.

    A batch is a list of runs of different partitions.
    """

    handler: BatchHandler
    limits: BatchLimits = field(default_factory=BatchLimits)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A message and the Faust event that acknowledges it."""

    message: Message
    event: Any

    @property
    def size(self) -> int:
        """Return the size of its value in bytes."""
        return len(self.message.value)

    @property
    def partition(self) -> Partition:
        """Return topic and number of its partition."""
        return self.message.topic, self.message.partition


def add_agents(
    app: faust.App,
    handlers: Mapping[str, TopicHandler],
    done: MutableMapping[Partition, int],
    metrics: WorkerMetrics,
    failed: asyncio.Future[None],
) -> None:
    """Register one agent for each topic.

    `done` receives the offset after the last finished message of each partition. `failed` receives
    the first error of a handler.
    """

    async def on_failure(error: Exception) -> None:
        # the next start begins at the committed offset, which may be past the hole
        if isinstance(error, HoleError):
            await rewind(app, error)
        if not failed.done():
            failed.set_exception(error)

    for topic, topic_handler in handlers.items():
        channel = app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        make = partial(BatchScheduler, topic_handler, done, metrics, on_failure)
        app.agent(channel, name=f"agent.{topic}", concurrency=1)(_agent(make, on_failure))


def _agent(
    make: "Callable[[], BatchScheduler]", on_failure: OnFailure
) -> Callable[[Any], Awaitable[None]]:
    """Return an agent that gives incoming messages to a scheduler.

    After an error it waits until the process ends. It must not return: an agent that ends gives its
    stream back to Faust. From then on Faust acknowledges every incoming message, and the end of the
    process commits that. The chaos tests showed this; in the ledger it appears as holes.
    """

    async def take(stream: Any) -> None:  # noqa: ANN401 - Faust ships no types
        # a new scheduler each time: messages in flight at a cancelled agent are delivered again
        scheduler = make()
        async with asyncio.TaskGroup() as tasks:
            try:
                async for events in stream.noack_take(TAKEN_AT_ONCE, within=TAKE_WITHIN_S):
                    await scheduler.put(events, tasks)
            except Exception as error:  # noqa: BLE001 - it ends the process
                await on_failure(error)
                await asyncio.Event().wait()

    return take


async def rewind(app: faust.App, hole: HoleError) -> None:
    """Set the group's committed offset back to the hole, so that the next start fetches it."""
    tp = TP(hole.topic, hole.partition)
    # Faust has no public way to commit an offset that it did not acknowledge itself
    await app.consumer._commit({tp: hole.expected})  # type: ignore[attr-defined]  # noqa: SLF001


class BatchScheduler:
    """Runs the batches that `next_batch` chooses for one topic, at most `max_in_flight` at once.

    Messages are acknowledged after their handler returned. When a handler fails, `on_failure` is
    called and the batch stays in flight for good, so nothing more of its partitions is
    acknowledged.
    """

    def __init__(
        self,
        topic_handler: TopicHandler,
        done: MutableMapping[Partition, int],
        metrics: WorkerMetrics,
        on_failure: OnFailure,
    ) -> None:
        self._handler, self._limits = topic_handler.handler, topic_handler.limits
        self._done, self._metrics, self._on_failure = done, metrics, on_failure
        # a dict is ordered: the partition that has waited longest comes first
        self._waiting: dict[Partition, list[_Delivery]] = {}
        self._in_flight: set[Partition] = set()
        self._batches = self._held_up = 0
        self._held_messages = self._held_bytes = 0
        self._room = asyncio.Event()

    async def put(self, events: Sequence[Any], tasks: asyncio.TaskGroup) -> None:
        """Queue Faust events and start batches in `tasks`; return when there is room for more."""
        deliveries: list[_Delivery] = []
        for event in events:
            delivery = _Delivery(_message(event), event)
            deliveries.append(delivery)
            self._waiting.setdefault(delivery.partition, []).append(delivery)
        self._hold(deliveries, 1)
        self._start(tasks)
        while self._held_messages > MAX_HELD_MESSAGES or self._held_bytes > MAX_HELD_BYTES:
            self._room.clear()
            await self._room.wait()

    def _start(self, tasks: asyncio.TaskGroup) -> None:
        """Start every batch that may start now."""
        while counts := next_batch(self._waiting, self._busy(), self._limits):
            batch = self._take(counts)
            self._batches += 1
            self._in_flight |= batch.keys()
            tasks.create_task(self._run(batch, tasks))

    def _busy(self) -> Busy:
        return Busy(
            batches=self._batches, held_up=self._held_up, partitions=frozenset(self._in_flight)
        )

    def _take(self, counts: Mapping[Partition, int]) -> dict[Partition, list[_Delivery]]:
        """Remove the first `counts` deliveries of each partition from the queue and return them."""
        batch: dict[Partition, list[_Delivery]] = {}
        for partition, count in counts.items():
            queue = self._waiting.pop(partition)
            # after a rebalance Faust may deliver messages again, and so out of order
            batch[partition] = sorted(queue[:count], key=_offset)
            # the rest of a flooded partition goes to the end, so that the others get their turn
            if queue[count:]:
                self._waiting[partition] = queue[count:]
        return batch

    async def _run(
        self, batch: Mapping[Partition, Sequence[_Delivery]], tasks: asyncio.TaskGroup
    ) -> None:
        began = time.perf_counter()
        try:
            with self._watched(tasks):
                await self._work(batch)
        except Exception as error:  # noqa: BLE001 - it ends the process
            await self._on_failure(error)
            # the batch stays in flight: no later message of its partitions may be acknowledged
            return
        if self._limits.rest:  # its messages are acknowledged already
            took = time.perf_counter() - began
            await asyncio.sleep(min(self._limits.rest * took, MOST_REST_S))
        self._batches -= 1
        self._in_flight -= batch.keys()
        self._start(tasks)

    @contextmanager
    def _watched(self, tasks: asyncio.TaskGroup) -> Iterator[None]:
        """Count a batch that takes longer than `HELD_UP_S` as held up, and start another one."""
        held_up = False

        def alarm() -> None:
            nonlocal held_up
            held_up = True
            self._held_up += 1
            self._start(tasks)

        timer = asyncio.get_running_loop().call_later(HELD_UP_S, alarm)
        try:
            yield
        finally:
            timer.cancel()
            self._held_up -= held_up

    async def _work(self, batch: Mapping[Partition, Sequence[_Delivery]]) -> None:
        """Call the handler and acknowledge the messages; a gap in the offsets splits the call."""
        deliveries = list(chain.from_iterable(batch.values()))
        messages = [delivery.message for delivery in deliveries]
        for runs in batches(messages, self._limits.max_bytes):
            async with _measured(runs, self._metrics):
                await self._handler(runs)
            for run in runs:
                self._acknowledge(run, batch[run.topic, run.partition])
        # only now: a batch that failed keeps its room, so nothing more is taken before the end
        self._hold(deliveries, -1)
        self._room.set()

    def _acknowledge(self, run: Run, deliveries: Iterable[_Delivery]) -> None:
        # an offset that was delivered twice has two events, and Faust waits for both
        for delivery in deliveries:
            if run.first <= delivery.message.offset < run.next:
                delivery.event.ack()
        partition = run.topic, run.partition
        # a run that was delivered again lies before what is done already
        self._done[partition] = max(self._done.get(partition, 0), run.next)

    def _hold(self, deliveries: Sequence[_Delivery], sign: int) -> None:
        self._held_messages += sign * len(deliveries)
        self._held_bytes += sign * sum(delivery.size for delivery in deliveries)


def _offset(delivery: _Delivery) -> int:
    return delivery.message.offset


def _offsets(run: Run) -> str:
    return f"{run.partition}: {run.first} to {run.next - 1}"


@asynccontextmanager
async def _measured(batch: Sequence[Run], metrics: WorkerMetrics) -> AsyncIterator[None]:
    """Measure a batch; an error of its handler names topic, partitions and offsets, no value."""
    began, topic = time.perf_counter(), batch[0].topic
    offsets = ", ".join(map(_offsets, batch))
    async with without_values(f"{topic}, offsets by partition {offsets}"):
        yield
    metrics.batch.labels(topic).observe(len(messages_of(batch)))
    metrics.seconds.labels(topic).observe(time.perf_counter() - began)


def _message(event: Any) -> Message:  # noqa: ANN401 - Faust ships no types
    return Message(
        topic=event.message.topic,
        partition=event.message.partition,
        offset=event.message.offset,
        key=event.message.key or b"",
        value=event.message.value or b"",
        headers=tuple(event.message.headers or ()),
    )
