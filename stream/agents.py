"""The Faust agents: take what comes in, hand it to lanes, and take the next. Nothing else happens here.

Binding, each measured against faust-streaming 0.15.3: `noack_take` only (`take` and `async for` acknowledge what
failed), one concurrent instance (more acknowledge out of order), acknowledgement strictly in offset order and only
after the handler returned. An agent never ends: an exception that left it would do harm, see `_agent`.
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
from dataclasses import dataclass
from functools import partial
from typing import Any

import faust
from faust.types import TP

from stream.faults import without_values
from stream.log.ledger import HoleError
from stream.log.messages import MOST_BYTES, Message, Run, batches
from stream.log.watchdog import Place
from stream.metrics import Metrics

Handler = Callable[[Sequence[Run]], Awaitable[None]]
Fail = Callable[[Exception], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicHandler:
    """What is done with batches of a topic, runs of different partitions, and how many lanes are in work at most.

    Few: what waits meanwhile makes larger batches. One costs the database the same whatever its size, and a patient
    of whom it tells several times is derived once. `most` messages and `most_bytes` of values are in a batch.
    """

    handler: Handler
    abreast: int = 1
    most: int = 300
    most_bytes: int = MOST_BYTES


TAKE = 300  # messages taken from Faust at once
HELD, HELD_BYTES = (
    1_200,
    64 * 1024 * 1024,
)  # messages in lanes, and their values, beyond which no more are taken
WITHIN_S = 0.05  # how long a lone message waits for company
MUCH = 40  # so many messages waiting are worth a further lane, although its batches are smaller
SLOW_S = 0.25  # a lane that takes longer over a batch is held up: another lane opens beside it


def add_agents(
    app: faust.App,
    handlers: Mapping[str, TopicHandler],
    done: MutableMapping[Place, int],
    metrics: Metrics,
    failed: asyncio.Future[None],
) -> None:
    """Register one agent a topic.

    `done` learns the offset after the last finished one of each partition, `failed` the first error of a handler.
    """

    async def fail(error: Exception) -> None:
        if isinstance(error, HoleError):
            await rewind(app, error)
        if not failed.done():
            failed.set_exception(error)

    for topic, how in handlers.items():
        channel = app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        make = partial(BatchScheduler, how, done, metrics, fail)
        app.agent(channel, name=f"agent.{topic}", concurrency=1)(_agent(make, fail))


def _agent(make: "Callable[[], BatchScheduler]", fail: Fail) -> Callable[[Any], Awaitable[None]]:
    """Return an agent that hands over what comes in, and stays here after an error until the process ends.

    It must never leave: an agent that ends hands its stream back to Faust, which from then on acknowledges every
    message that comes in, and the end of the process commits that (met by the chaos tests, told by the ledger as
    holes).
    """

    async def take(stream: Any) -> None:  # noqa: ANN401 - Faust ships no types
        lanes = (
            make()
        )  # anew whenever the agent begins: what was in work when it was cut off comes in again
        async with asyncio.TaskGroup() as tasks:
            try:
                async for events in stream.noack_take(TAKE, within=WITHIN_S):
                    await lanes.put(events, tasks)
            except Exception as error:  # noqa: BLE001 - it ends the process
                await fail(error)
                await asyncio.Event().wait()

    return take


async def rewind(app: faust.App, hole: HoleError) -> None:
    """Set the group's committed offset back to the hole, so that the next start of a worker fetches it."""
    tp = TP(hole.topic, hole.partition)
    await app.consumer._commit({tp: hole.expected})  # type: ignore[attr-defined]  # noqa: SLF001 - no public way


class BatchScheduler:
    """Messages of one topic on their way through a handler, a few batches of them in work at once.

    A lane takes what waits in its share of the partitions that no other lane works on, and when that is done and
    acknowledged the next: what came in meanwhile. A partition is in one lane at a time, so its order holds. One that
    is flooded fills a batch by itself, and then it is the turn of those that have waited since. A lane whose handler
    failed tells `fail` and ends, and keeps its partitions: nothing more of them is acknowledged.

    One lane is in work. A further one opens where much waits, or where those in work are held up. Little work is not
    shared, because each batch has a cost of its own.
    """

    def __init__(
        self, how: TopicHandler, done: MutableMapping[Place, int], metrics: Metrics, fail: Fail
    ) -> None:
        self._how, self._done, self._metrics, self._fail = how, done, metrics, fail
        self._waiting: dict[Place, list[Any]] = {}  # of whom the first have waited longest
        self._busy: set[Place] = set()  # in work, or of a lane that failed
        self._lanes = self._slow = self._held = self._bytes = 0
        self._freed = asyncio.Event()

    async def put(self, events: Sequence[Any], tasks: asyncio.TaskGroup) -> None:
        """Hand out a batch of events; return when there is room for another one."""
        for event in events:
            self._waiting.setdefault((event.message.topic, event.message.partition), []).append(
                event
            )
        self._hold(events, 1)
        self._open(tasks)
        while self._held > HELD or self._bytes > HELD_BYTES:
            self._freed.clear()
            await self._freed.wait()

    def _open(self, tasks: asyncio.TaskGroup) -> None:
        """Open lanes for the partitions that wait, as many as may be in work now."""
        for _ in range(min(self._abreast() - self._lanes, len(self._free()))):
            self._lanes += 1
            tasks.create_task(self._lane(tasks))

    def _abreast(self) -> int:
        """Return how many lanes may be in work now: one beside those that are held up, and all where much waits."""
        much = sum(map(len, self._waiting.values())) >= MUCH
        return self._how.abreast if much else min(self._how.abreast, self._slow + 1)

    async def _lane(self, tasks: asyncio.TaskGroup) -> None:
        try:
            while self._lanes <= self._abreast() and (taken := self._take()):
                with self._told_when_slow(tasks):
                    await self._work(taken)
                self._busy -= taken.keys()
        except Exception as error:  # noqa: BLE001 - it ends the process
            await self._fail(error)
            return
        self._lanes -= 1

    @contextmanager
    def _told_when_slow(self, tasks: asyncio.TaskGroup) -> Iterator[None]:
        """Count a lane as held up, and open another one, while the block takes longer than `SLOW_S`."""
        slow = False

        def held_up() -> None:
            nonlocal slow
            slow = True
            self._slow += 1
            self._open(tasks)

        alarm = asyncio.get_running_loop().call_later(SLOW_S, held_up)
        try:
            yield
        finally:
            alarm.cancel()
            self._slow -= slow

    def _free(self) -> list[Place]:
        return [position for position in self._waiting if position not in self._busy]

    def _take(self) -> dict[Place, list[Any]]:
        """Take a lane's next batch: of the partitions that have waited longest all that waits, as long as it fits."""
        free, taken = self._free(), dict[Place, list[Any]]()
        count = size = 0
        for position in free[: -(-(len(free) + len(self._busy)) // self._abreast())]:
            events = self._waiting[position][: self._how.most]
            count, size = count + len(events), size + sum(map(_size, events))
            if taken and (count > self._how.most or size > self._how.most_bytes):
                break
            taken[position] = sorted(events, key=_offset)
        for position in taken:
            rest = self._waiting.pop(position)[self._how.most :]
            if rest:
                self._waiting[position] = rest
        self._busy |= taken.keys()
        return taken

    async def _work(self, taken: Mapping[Place, list[Any]]) -> None:
        events = [event for part in taken.values() for event in part]
        for batch in batches(_messages(events), self._how.most_bytes):
            async with _measured(batch, self._metrics):
                await self._how.handler(batch)
            for run in batch:
                for event in taken[run.topic, run.partition]:
                    if run.first <= event.message.offset < run.next:
                        event.ack()
                position = run.topic, run.partition
                self._done[position] = max(self._done.get(position, 0), run.next)
        self._hold(events, -1)
        self._freed.set()

    def _hold(self, events: Sequence[Any], sign: int) -> None:
        self._held += sign * len(events)
        self._bytes += sign * sum(map(_size, events))


def _offset(event: Any) -> int:  # noqa: ANN401 - Faust ships no types
    return int(event.message.offset)


def _size(event: Any) -> int:  # noqa: ANN401 - Faust ships no types
    return len(event.message.value or b"")


@asynccontextmanager
async def _measured(batch: Sequence[Run], metrics: Metrics) -> AsyncIterator[None]:
    began, topic = time.perf_counter(), batch[0].topic
    places = ", ".join(f"{run.partition}: {run.first} to {run.next - 1}" for run in batch)
    async with without_values(f"{topic}, offsets by partition {places}"):
        yield
    metrics.batch.labels(topic).observe(sum(len(run.messages) for run in batch))
    metrics.seconds.labels(topic).observe(time.perf_counter() - began)


def _messages(events: Iterable[Any]) -> list[Message]:
    return [
        Message(
            topic=event.message.topic,
            partition=event.message.partition,
            offset=event.message.offset,
            key=event.message.key or b"",
            value=event.message.value or b"",
            headers=tuple(event.message.headers or ()),
        )
        for event in events
    ]
