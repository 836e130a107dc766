"""The Faust agents: take a batch, hand it to lanes, one a partition, and take the next. Nothing else happens here.

Binding, each measured against faust-streaming 0.15.3: `noack_take` only (`take` and `async for` acknowledge what
failed), one concurrent instance (more acknowledge out of order), acknowledgement strictly in offset order and only
after the handler returned. An agent never ends: an exception that left it would do harm, see `_agent`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import faust
from faust.types import TP

from .faults import without_values
from .ledger import HoleError
from .messages import Message, Run, runs
from .metrics import Metrics
from .watchdog import Place

Handler = Callable[[Run], Awaitable[None]]
Fail = Callable[[Exception], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What is done with the runs of a topic, and how many lanes are in work at once.

    Few: what waits meanwhile makes longer runs, and a run costs the database the same whatever its length.
    """

    handler: Handler
    abreast: int = 1


TAKE = 100  # messages taken from Faust at once, and in a transaction at most
HELD, HELD_BYTES = 400, 64 * 1024 * 1024  # messages in lanes, and their values, beyond which no more are taken
WITHIN_S = 0.05  # how long a lone message waits for company


def add_agents(
    app: faust.App,
    handlers: Mapping[str, Handling],
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
        channel = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
        make = partial(Lanes, how, done, metrics, fail)
        app.agent(channel, name=f"agent.{topic}", concurrency=1)(_agent(make, fail))


def _agent(make: "Callable[[], Lanes]", fail: Fail) -> Callable[[Any], Awaitable[None]]:
    """Return an agent that hands over what comes in, and stays here after an error until the process ends.

    It must never leave: an agent that ends hands its stream back to Faust, which from then on acknowledges every
    message that comes in, and the end of the process commits that (met by the chaos tests, told by the ledger as
    holes).
    """

    async def take(stream: Any) -> None:  # noqa: ANN401 - Faust ships no types
        lanes = make()  # anew whenever the agent begins: what was in work when it was cut off comes in again
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
    place = TP(hole.topic, hole.partition)
    await app.consumer._commit({place: hole.expected})  # type: ignore[attr-defined]  # noqa: SLF001 - no public way


class Lanes:
    """Messages of one topic on their way through a handler: a lane a partition, a few lanes in work at once.

    In a lane one run follows the other, and each is acknowledged once it is done; what comes in meanwhile makes the
    next. A lane whose handler failed tells `fail` and is closed: nothing more of its partition is acknowledged. No
    lane waits for another, except for its turn: what floods one partition does not hold up the others.
    """

    def __init__(self, how: Handling, done: MutableMapping[Place, int], metrics: Metrics, fail: Fail) -> None:
        self._handler, self._done, self._metrics, self._fail = how.handler, done, metrics, fail
        self._waiting: dict[Place, list[Any]] = {}  # of every lane in work, and of those that are closed
        self._turns = asyncio.Semaphore(how.abreast)
        self._held = self._bytes = 0
        self._freed = asyncio.Event()

    async def put(self, events: Sequence[Any], tasks: asyncio.TaskGroup) -> None:
        """Hand out a batch of events; return when there is room for another one."""
        for event in events:
            place = event.message.topic, event.message.partition
            if place not in self._waiting:
                self._waiting[place] = []
                tasks.create_task(self._lane(place))
            self._waiting[place].append(event)
        self._hold(events, 1)
        while self._held > HELD or self._bytes > HELD_BYTES:
            self._freed.clear()
            await self._freed.wait()

    async def _lane(self, place: Place) -> None:
        try:
            while self._waiting[place]:
                async with self._turns:
                    await self._work(place)
        except Exception as error:  # noqa: BLE001 - it ends the process
            await self._fail(error)
            return
        del self._waiting[place]

    async def _work(self, place: Place) -> None:
        events, self._waiting[place] = self._waiting[place][:TAKE], self._waiting[place][TAKE:]
        events.sort(key=lambda event: event.message.offset)
        for run in runs(_messages(events)):
            async with _measured(run, self._metrics):
                await self._handler(run)
            for event in events:
                if run.first <= event.message.offset < run.next:
                    event.ack()
            self._done[place] = max(self._done.get(place, 0), run.next)
        self._hold(events, -1)
        self._freed.set()

    def _hold(self, events: Sequence[Any], sign: int) -> None:
        self._held += sign * len(events)
        self._bytes += sign * sum(len(event.message.value or b"") for event in events)


@asynccontextmanager
async def _measured(run: Run, metrics: Metrics) -> AsyncIterator[None]:
    began = time.perf_counter()
    async with without_values(f"{run.topic}[{run.partition}] offsets {run.first} to {run.next - 1}"):
        yield
    metrics.batch.labels(run.topic).observe(len(run.messages))
    metrics.seconds.labels(run.topic).observe(time.perf_counter() - began)


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
