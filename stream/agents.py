"""The Faust agents: take a batch, hand it to a plain function run by run, acknowledge. Nothing else happens here.

Binding, each measured against faust-streaming 0.15.3: `noack_take` only (`take` and `async for` acknowledge what
failed), one concurrent instance (more acknowledge out of order), acknowledgement strictly in offset order and only
after the handler returned. An agent never ends: an exception that left it would do harm, see `_fail`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import faust
from faust.types import TP

from .faults import without_values
from .ledger import HoleError
from .messages import Message, Run, runs
from .metrics import Metrics
from .watchdog import Place

Handler = Callable[[Run], Awaitable[None]]

TAKE = 200  # messages; a batch is one transaction a partition
ABREAST = 3  # partitions of one agent in work at once: one waits for the database while another computes
WITHIN_S = 0.05  # how long a lone message waits for company


def add_agents(
    app: faust.App,
    handlers: Mapping[str, Handler],
    done: MutableMapping[Place, int],
    metrics: Metrics,
    failed: asyncio.Future[None],
) -> None:
    """Register one agent a topic.

    `done` learns the offset after the last finished one of each partition, `failed` the first error of a handler.
    """
    for topic, handler in handlers.items():
        channel = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

        async def step(events: Sequence[Any], handler: Handler = handler) -> None:
            await handle(events, handler, done, metrics)

        app.agent(channel, name=f"agent.{topic}", concurrency=1)(_agent(app, step, failed))


def _agent(
    app: faust.App, step: Callable[[Sequence[Any]], Awaitable[None]], failed: asyncio.Future[None]
) -> Callable[[Any], Awaitable[None]]:
    async def take(stream: Any) -> None:  # noqa: ANN401 - Faust ships no types
        async for events in stream.noack_take(TAKE, within=WITHIN_S):
            try:
                await step(events)
            except Exception as error:  # noqa: BLE001 - it ends the process
                await _fail(app, failed, error)

    return take


async def _fail(app: faust.App, failed: asyncio.Future[None], error: Exception) -> None:
    """Tell the error and stay here until the process ends.

    Never leave: an agent that ends hands its stream back to Faust, which from then on acknowledges every message
    that comes in, and the end of the process commits that (met by the chaos tests, told by the ledger as holes).
    """
    if isinstance(error, HoleError):
        await rewind(app, error)
    if not failed.done():
        failed.set_exception(error)
    await asyncio.Event().wait()


async def rewind(app: faust.App, hole: HoleError) -> None:
    """Set the group's committed offset back to the hole, so that the next start of a worker fetches it."""
    place = TP(hole.topic, hole.partition)
    await app.consumer._commit({place: hole.expected})  # type: ignore[attr-defined]  # noqa: SLF001 - no public way


async def handle(events: Sequence[Any], handler: Handler, done: MutableMapping[Place, int], metrics: Metrics) -> None:
    """Hand a batch to the handler run by run, a few partitions at once, and acknowledge each run once it is done.

    The runs of one partition follow each other; after a failure nothing more of that partition is acknowledged. The
    other partitions are finished, then the first error is raised.
    """
    at: dict[tuple[Place, int], list[Any]] = {}
    for event in events:
        at.setdefault(((event.message.topic, event.message.partition), event.message.offset), []).append(event)
    by_place: dict[Place, list[Run]] = {}
    for run in runs(_messages(events)):
        by_place.setdefault((run.topic, run.partition), []).append(run)
    gate = asyncio.Semaphore(ABREAST)

    async def one_place(place: Place) -> None:
        for run in by_place[place]:
            async with gate, _measured(run, metrics):
                await handler(run)
            for message in run.messages:
                for event in at[place, message.offset]:
                    event.ack()
            done[place] = max(done.get(place, 0), run.next)

    ends = await asyncio.gather(*map(one_place, by_place), return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end


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
