"""The scheduler acknowledges after the handler, in order, and nothing of a failed batch.

`test_batching` shows which messages form a batch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from stream.agents import (
    MAX_HELD_BYTES,
    MAX_HELD_MESSAGES,
    BatchHandler,
    BatchScheduler,
    TopicHandler,
)
from stream.batching import MANY_WAITING, BatchLimits
from stream.faults import WorkerError
from stream.log.ledger import HoleError
from stream.log.messages import Partition, Run
from stream.metrics import make_metrics
from tests.rows import values_of


@dataclass(slots=True, kw_only=True)
class Event:
    """As much of a Faust event as an agent uses."""

    message: SimpleNamespace
    acks: list[tuple[int, int]]

    def ack(self) -> None:
        self.acks.append((self.message.partition, self.message.offset))


@dataclass(slots=True, kw_only=True)
class Log:
    acks: list[tuple[int, int]] = field(default_factory=list)
    done: dict[Partition, int] = field(default_factory=dict)

    def events(self, *positions: tuple[int, int], value: bytes | None = None) -> list[Event]:
        return [
            Event(
                message=SimpleNamespace(
                    topic="t",
                    partition=partition,
                    offset=offset,
                    key=None,
                    value=value,
                    headers=[("a", b"b")],
                ),
                acks=self.acks,
            )
            for partition, offset in positions
        ]


def scheduler_of(
    handler: BatchHandler,
    log: Log,
    on_failure: Callable[[Exception], Awaitable[None]] | None = None,
    max_in_flight: int = 2,
    rest: float = 0.0,
) -> BatchScheduler:
    limits = BatchLimits(max_in_flight=max_in_flight, rest=rest)
    topic_handler = TopicHandler(handler=handler, limits=limits)
    return BatchScheduler(topic_handler, log.done, make_metrics(), on_failure or _never)


async def _run(
    handler: BatchHandler, log: Log, *batches: list[Event], max_in_flight: int = 2
) -> None:
    """Schedule batches until nothing moves any more; raise the first error that was reported."""
    errors: list[Exception] = []

    async def on_failure(error: Exception) -> None:
        errors.append(error)

    scheduler = scheduler_of(handler, log, on_failure, max_in_flight)
    async with asyncio.TaskGroup() as tasks:
        for batch in batches:
            await scheduler.put(batch, tasks)
    if errors:
        raise errors[0]


def offsets_of(batch: Sequence[Run]) -> list[tuple[int, int, int]]:
    """Return partition, first and next offset of each run of a batch."""
    return values_of(batch, "partition", "first", "next")


def test_runs_are_acknowledged_in_order_after_the_handler() -> None:
    log, seen = Log(), []

    async def handler(batch: Sequence[Run]) -> None:
        assert not log.acks or log.acks[0][0] != batch[0].partition
        seen.extend(offsets_of(batch))

    asyncio.run(_run(handler, log, log.events((1, 5), (0, 8), (1, 4), (0, 7), (1, 5))))
    assert sorted(seen) == [(0, 7, 9), (1, 4, 6)]
    assert [ack for ack in log.acks if ack[0] == 0] == [(0, 7), (0, 8)]
    assert [ack for ack in log.acks if ack[0] == 1] == [(1, 4), (1, 5), (1, 5)]
    assert log.done == {("t", 0): 9, ("t", 1): 6}


def test_what_comes_in_during_a_batch_is_the_next_batch() -> None:
    log, seen, at_work, go_on = Log(), [], asyncio.Event(), asyncio.Event()

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(offsets_of(batch))
        at_work.set()
        await go_on.wait()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            scheduler = scheduler_of(handler, log)
            await scheduler.put(log.events((0, 1)), tasks)
            await at_work.wait()
            await scheduler.put(log.events((0, 2)), tasks)
            await scheduler.put(log.events((0, 3)), tasks)
            go_on.set()

    asyncio.run(scene())
    assert seen == [[(0, 1, 2)], [(0, 2, 4)]]
    assert log.acks == [(0, 1), (0, 2), (0, 3)]


def test_a_batch_that_rests_is_acknowledged_and_the_next_one_waits_a_short_time_at_most() -> None:
    log, seen = Log(), asyncio.Queue[list[tuple[int, int, int]]]()

    async def handler(batch: Sequence[Run]) -> None:
        await seen.put(offsets_of(batch))

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
            # the rest would never end, were it not bounded
            scheduler = scheduler_of(handler, log, max_in_flight=1, rest=1e12)
            await scheduler.put(log.events((0, 1)), tasks)
            assert await seen.get() == [(0, 1, 2)]
            await scheduler.put(log.events((0, 2), (1, 3)), tasks)
            await asyncio.sleep(0)
            assert (seen.empty(), log.acks) == (True, [(0, 1)])
            assert await seen.get() == [(0, 2, 3), (1, 3, 4)]

    asyncio.run(scene())
    assert log.acks == [(0, 1), (0, 2), (1, 3)]


def test_a_second_batch_is_followed_by_a_single_one_when_little_is_left() -> None:
    log, seen, go_on = Log(), [], asyncio.Event()

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(offsets_of(batch))
        await go_on.wait()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            scheduler = scheduler_of(handler, log)
            await scheduler.put(log.events((0, 0), *((1, n) for n in range(MANY_WAITING))), tasks)
            await asyncio.sleep(0)
            assert seen == [[(0, 0, 1)], [(1, 0, MANY_WAITING)]]
            await scheduler.put(log.events((0, 1), (1, MANY_WAITING)), tasks)
            go_on.set()

    asyncio.run(scene())
    assert seen[2:] == [[(0, 1, 2), (1, MANY_WAITING, MANY_WAITING + 1)]]


def test_runs_of_the_same_partition_are_handled_in_turn() -> None:
    log, seen = Log(), []

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(offsets_of(batch))

    asyncio.run(
        _run(handler, log, log.events((0, 1), (0, 3), (0, 4), (1, 7), (0, 6)), max_in_flight=1)
    )
    assert seen == [[(0, 1, 2), (1, 7, 8)], [(0, 3, 5)], [(0, 6, 7)]]


def test_a_batch_that_is_held_up_holds_up_no_other() -> None:
    log, at_work, go_on, seen = Log(), asyncio.Event(), asyncio.Event(), asyncio.Queue[int]()

    async def handler(batch: Sequence[Run]) -> None:
        if batch[0].partition == 0:
            at_work.set()
            await go_on.wait()
        else:
            await seen.put(batch[0].first)

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            scheduler = scheduler_of(handler, log)
            await scheduler.put(log.events((0, 1)), tasks)
            await at_work.wait()
            async with asyncio.timeout(10):
                for offset in (1, 2, 3):
                    await scheduler.put(log.events((1, offset)), tasks)
                    assert await seen.get() == offset
            go_on.set()

    asyncio.run(scene())
    assert log.acks == [(1, 1), (1, 2), (1, 3), (0, 1)]


@pytest.mark.parametrize(
    ("count", "value"),
    [(MAX_HELD_MESSAGES, None), (2, bytes(MAX_HELD_BYTES // 2))],
    ids=["messages", "bytes"],
)
def test_put_waits_while_too_much_is_held(count: int, value: bytes | None) -> None:
    log, go_on = Log(), asyncio.Event()

    async def handler(_batch: Sequence[Run]) -> None:
        await go_on.wait()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            scheduler = scheduler_of(handler, log)
            await scheduler.put(
                log.events(*((0, offset) for offset in range(count)), value=value), tasks
            )
            more = tasks.create_task(scheduler.put(log.events((1, 0), value=b"x"), tasks))
            await asyncio.wait([more], timeout=0.05)
            assert not more.done()
            go_on.set()
            await more

    asyncio.run(scene())
    assert log.done == {("t", 0): count, ("t", 1): 1}


def test_a_failure_acknowledges_nothing_more_of_its_partitions() -> None:
    log = Log()

    async def handler(batch: Sequence[Run]) -> None:
        if any(run.partition == 1 for run in batch):
            raise ValueError("heart rate 98.765 of Jane Doe")

    first = log.events((0, 1), (1, 1), (1, 3), *((2, n) for n in range(MANY_WAITING)))
    later = log.events((1, 4), (2, MANY_WAITING))
    with pytest.raises(WorkerError) as caught:
        asyncio.run(_run(handler, log, first, later))
    # the failed batch stays in flight, so the last message is too little for another one beside it
    assert log.acks == [(2, n) for n in range(MANY_WAITING)]
    assert log.done == {("t", 2): MANY_WAITING}
    assert "t, offsets by partition 0: 1 to 1, 1: 1 to 1: " in str(caught.value)
    assert "98.765" not in str(caught.value)
    assert "Jane" not in str(caught.value)
    assert "ValueError at test_agents.py" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_error_of_our_own_passes_as_it_is() -> None:
    async def handler(batch: Sequence[Run]) -> None:
        raise HoleError(batch[0].topic, batch[0].partition, 3, batch[0].first)

    with pytest.raises(HoleError, match=r"t\[0\]: offsets 3 to 6 were never delivered"):
        asyncio.run(_run(handler, Log(), Log().events((0, 7))))


async def _never(error: Exception) -> None:
    raise AssertionError(error)
