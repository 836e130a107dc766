"""The agents' lanes: acknowledge after the handler, in order, nothing after a failure; no value in an error."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from stream.agents import HELD, HELD_BYTES, MUCH, TAKE, BatchScheduler, Handler, TopicHandler
from stream.faults import WorkerError
from stream.log.ledger import HoleError
from stream.log.messages import MOST_BYTES, Run
from stream.log.watchdog import Place
from stream.metrics import make_metrics


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
    done: dict[Place, int] = field(default_factory=dict)

    def events(self, *places: tuple[int, int], value: bytes | None = None) -> list[Event]:
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
            for partition, offset in places
        ]


async def through(handler: Handler, log: Log, *batches: list[Event], abreast: int = 2) -> None:
    """Send batches through lanes until nothing moves any more; raises the first error that was told."""
    errors: list[Exception] = []

    async def fail(error: Exception) -> None:
        errors.append(error)

    lanes = BatchScheduler(
        TopicHandler(handler=handler, abreast=abreast), log.done, make_metrics(), fail
    )
    async with asyncio.TaskGroup() as tasks:
        for batch in batches:
            await lanes.put(batch, tasks)
    if errors:
        raise errors[0]


def said(batch: Sequence[Run]) -> list[tuple[int, int, int]]:
    """Return partition, first and next offset of each run of a batch."""
    return [(run.partition, run.first, run.next) for run in batch]


def test_runs_are_acknowledged_in_order_after_the_handler() -> None:
    log, seen = Log(), []

    async def handler(batch: Sequence[Run]) -> None:
        assert not log.acks or log.acks[0][0] != batch[0].partition
        seen.extend(said(batch))

    asyncio.run(through(handler, log, log.events((1, 5), (0, 8), (1, 4), (0, 7), (1, 5))))
    assert sorted(seen) == [(0, 7, 9), (1, 4, 6)]
    assert [ack for ack in log.acks if ack[0] == 0] == [(0, 7), (0, 8)]
    assert [ack for ack in log.acks if ack[0] == 1] == [(1, 4), (1, 5), (1, 5)]
    assert log.done == {("t", 0): 9, ("t", 1): 6}


def test_what_comes_in_while_a_lane_works_is_its_next_run() -> None:
    log, seen, at_work, go_on = Log(), [], asyncio.Event(), asyncio.Event()

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(said(batch))
        at_work.set()
        await go_on.wait()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            lanes = BatchScheduler(
                TopicHandler(handler=handler, abreast=2), log.done, make_metrics(), _never
            )
            await lanes.put(log.events((0, 1)), tasks)
            await at_work.wait()
            await lanes.put(log.events((0, 2)), tasks)
            await lanes.put(log.events((0, 3)), tasks)
            go_on.set()

    asyncio.run(scene())
    assert seen == [[(0, 1, 2)], [(0, 2, 4)]]
    assert log.acks == [(0, 1), (0, 2), (0, 3)]


def batches_of(
    abreast: int, sizes: dict[int, int], value: bytes | None = None
) -> list[list[tuple[int, int, int]]]:
    """Return the batches that lanes make of so many messages waiting in each partition."""
    log, seen = Log(), []

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(said(batch))
        await asyncio.sleep(0)

    async def scene() -> None:
        lanes = BatchScheduler(
            TopicHandler(handler=handler, abreast=abreast), log.done, make_metrics(), _never
        )
        events = log.events(
            *((part, n) for part, size in sizes.items() for n in range(size)), value=value
        )
        async with asyncio.TaskGroup() as tasks:
            await lanes.put(events, tasks)

    asyncio.run(scene())
    assert log.done == {("t", part): size for part, size in sizes.items()}
    return seen


def test_lanes_share_the_partitions_and_a_batch_takes_all_that_waits_in_its_own() -> None:
    assert batches_of(1, {0: 1, 1: 2, 2: 3}) == [[(0, 0, 1), (1, 0, 2), (2, 0, 3)]]
    assert batches_of(2, {0: 1, 1: 2, 2: 3, 3: 4, 4: MUCH}) == [
        [(0, 0, 1), (1, 0, 2), (2, 0, 3)],
        [(3, 0, 4), (4, 0, MUCH)],
    ]


def test_little_work_is_one_lanes_and_much_is_shared() -> None:
    assert batches_of(2, {0: 1, 1: MUCH - 2}) == [[(0, 0, 1), (1, 0, MUCH - 2)]]
    assert batches_of(2, {0: 1, 1: MUCH - 1}) == [[(0, 0, 1)], [(1, 0, MUCH - 1)]]


def test_a_lane_that_was_opened_for_much_work_ends_when_little_is_left() -> None:
    log, seen, go_on = Log(), [], asyncio.Event()

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(said(batch))
        await go_on.wait()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            lanes = BatchScheduler(
                TopicHandler(handler=handler, abreast=2), log.done, make_metrics(), _never
            )
            await lanes.put(log.events((0, 0), *((1, n) for n in range(MUCH))), tasks)
            await asyncio.sleep(0)
            assert seen == [[(0, 0, 1)], [(1, 0, MUCH)]]
            await lanes.put(log.events((0, 1), (1, MUCH)), tasks)
            go_on.set()

    asyncio.run(scene())
    assert seen[2:] == [[(0, 1, 2), (1, MUCH, MUCH + 1)]]


def test_a_batch_is_of_one_partition_where_much_waits_and_then_it_is_the_turn_of_others() -> None:
    assert batches_of(1, {0: TAKE + 5, 1: TAKE - 1, 2: 1, 3: 1}) == [
        [(0, 0, TAKE)],
        [(1, 0, TAKE - 1), (2, 0, 1)],
        [(0, TAKE, TAKE + 5), (3, 0, 1)],
    ]


def test_a_batch_of_several_partitions_is_bounded_in_bytes() -> None:
    third = bytes(MOST_BYTES // 3)
    assert batches_of(1, {0: 1, 1: 2, 2: 1}, third) == [[(0, 0, 1), (1, 0, 2)], [(2, 0, 1)]]


def test_two_runs_of_a_partition_are_never_in_one_batch() -> None:
    log, seen = Log(), []

    async def handler(batch: Sequence[Run]) -> None:
        seen.append(said(batch))

    asyncio.run(
        through(handler, log, log.events((0, 1), (0, 3), (0, 4), (1, 7), (0, 6)), abreast=1)
    )
    assert seen == [[(0, 1, 2), (1, 7, 8)], [(0, 3, 5)], [(0, 6, 7)]]


def test_a_lane_that_is_held_up_holds_up_no_other() -> None:
    log, at_work, go_on, seen = Log(), asyncio.Event(), asyncio.Event(), asyncio.Queue[int]()

    async def handler(batch: Sequence[Run]) -> None:
        if batch[0].partition == 0:
            at_work.set()
            await go_on.wait()
        else:
            await seen.put(batch[0].first)

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            lanes = BatchScheduler(
                TopicHandler(handler=handler, abreast=2), log.done, make_metrics(), _never
            )
            await lanes.put(log.events((0, 1)), tasks)
            await at_work.wait()
            async with asyncio.timeout(10):
                for offset in (1, 2, 3):
                    await lanes.put(log.events((1, offset)), tasks)
                    assert await seen.get() == offset
            go_on.set()

    asyncio.run(scene())
    assert log.acks == [(1, 1), (1, 2), (1, 3), (0, 1)]


@pytest.mark.parametrize(
    ("count", "value"), [(HELD, None), (2, bytes(HELD_BYTES // 2))], ids=["messages", "bytes"]
)
def test_no_more_is_taken_than_can_be_held(count: int, value: bytes | None) -> None:
    log, go_on = Log(), asyncio.Event()

    async def handler(_batch: Sequence[Run]) -> None:
        await go_on.wait()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            lanes = BatchScheduler(
                TopicHandler(handler=handler, abreast=2), log.done, make_metrics(), _never
            )
            await lanes.put(
                log.events(*((0, offset) for offset in range(count)), value=value), tasks
            )
            more = tasks.create_task(lanes.put(log.events((1, 0), value=b"one"), tasks))
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

    first = log.events((0, 1), (1, 1), (1, 3), *((2, n) for n in range(MUCH)))
    later = log.events((1, 4), (2, MUCH))
    with pytest.raises(WorkerError) as caught:
        asyncio.run(through(handler, log, first, later))
    assert log.acks == [(2, n) for n in range(MUCH + 1)]
    assert log.done == {("t", 2): MUCH + 1}
    assert "t, offsets by partition 0: 1 to 1, 1: 1 to 1: " in str(caught.value)
    assert "98.765" not in str(caught.value)
    assert "Jane" not in str(caught.value)
    assert "ValueError at test_agents.py" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_what_the_worker_tells_itself_passes_as_it_is() -> None:
    async def handler(batch: Sequence[Run]) -> None:
        raise HoleError(batch[0].topic, batch[0].partition, 3, batch[0].first)

    with pytest.raises(HoleError, match=r"t\[0\]: offsets 3 to 6 were never delivered"):
        asyncio.run(through(handler, Log(), Log().events((0, 7))))


async def _never(error: Exception) -> None:
    raise AssertionError(error)
