"""The watchdog's loop: looks at the log every few seconds and ends a worker that is stuck.

It raises `StalledError` when a partition lags without progress (`watchdog`), or when the database
does not answer within the stall time. It also compares the group's commits with the offset ledger.
A hole at the end of a partition, which no later message shows, raises `HoleError`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from aiokafka.errors import KafkaError

from runtime.log_lines import get_logger
from stream.log.ledger import HoleError, passed_over
from stream.log.look import LogView
from stream.log.messages import Partition
from stream.log.watchdog import PartitionProgress, StalledError, observe, stalled
from stream.metrics import WorkerMetrics

LOOKS_PER_STALL = 6
_LONGEST_PAUSE_S = 10.0
NO_PARTITION: Partition = ("no partition assigned", 0)
_log = get_logger(__name__)


async def watch(  # noqa: PLR0913 - plain collaborators, called once
    view: LogView,
    *,
    group: str,
    topics: tuple[str, ...],
    assigned: Callable[[], frozenset[Partition]],
    done: Mapping[Partition, int],
    ledger: Callable[[], Awaitable[Mapping[Partition, int]]],
    rewind: Callable[[HoleError], Awaitable[None]],
    mock: bool,
    stall_s: float,
    metrics: WorkerMetrics,
) -> None:
    """Watch for ever; raises `StalledError` and `HoleError`.

    `assigned` returns the partitions of this worker. `done` has the offsets that its agents have
    finished since the start, and `ledger` returns those of the database. A broker that does not
    answer is no reason to end, because aiokafka reconnects.
    """
    progress: dict[Partition, PartitionProgress] = {}
    while True:
        await asyncio.sleep(min(stall_s / LOOKS_PER_STALL, _LONGEST_PAUSE_S))
        ours = assigned()
        looked = await _look(view, group, topics, stall_s)
        if looked is None:
            continue
        ends, committed = looked
        # the ledger is read after the commits: what is finished in between would look like a hole
        hole = passed_over(_of(committed, ours), await _answer_of(ledger, stall_s))
        if hole is not None:
            await rewind(hole)
            raise hole
        # commits lag behind what is done, and a worker that has just started has done nothing yet
        finished = _later(committed, _of(done, ours))
        progress = observe(
            progress, now_s=time.monotonic(), ends=_watched(ours, ends, mock=mock), done=finished
        )
        _show_lag(metrics, _of(ends, ours), finished)
        late = stalled(progress, now_s=time.monotonic(), stall_s=stall_s)
        if late:
            raise StalledError(f"no progress for {stall_s:g} s although messages wait: {late}")


async def _look(
    view: LogView, group: str, topics: tuple[str, ...], stall_s: float
) -> tuple[Mapping[Partition, int], Mapping[Partition, int]] | None:
    """Return the ends of partitions and the commits of a group, None when no broker answers."""
    try:
        async with asyncio.timeout(stall_s):
            bounds = await view.bounds(topics)
            committed = await view.committed(group, topics)
    except (KafkaError, TimeoutError, OSError) as error:
        _log.warning("the broker does not answer the watchdog", error=type(error).__name__)
        return None
    return {partition: there.end for partition, there in bounds.items()}, committed


async def _answer_of(
    ledger: Callable[[], Awaitable[Mapping[Partition, int]]], stall_s: float
) -> Mapping[Partition, int]:
    # without its database a worker can finish nothing; a restart fails with a clear error
    try:
        async with asyncio.timeout(stall_s):
            return await ledger()
    except TimeoutError:
        raise StalledError(f"the database has not answered for {stall_s:g} s") from None


def _of(offsets: Mapping[Partition, int], ours: frozenset[Partition]) -> dict[Partition, int]:
    return {partition: offset for partition, offset in offsets.items() if partition in ours}


def _later(first: Mapping[Partition, int], second: Mapping[Partition, int]) -> dict[Partition, int]:
    """Return the greater offset of each partition."""
    later = dict(first)
    for partition, offset in second.items():
        later[partition] = max(later.get(partition, 0), offset)
    return later


def _show_lag(
    metrics: WorkerMetrics, ends: Mapping[Partition, int], finished: Mapping[Partition, int]
) -> None:
    for (topic, number), end in ends.items():
        lag = max(end - finished.get((topic, number), 0), 0)
        metrics.lag.labels(topic, str(number)).set(lag)


def _watched(
    ours: frozenset[Partition], ends: Mapping[Partition, int], *, mock: bool
) -> Mapping[Partition, int]:
    """Return the ends to watch: of our partitions, or of all partitions if we have none.

    With the mock broker there is a single worker, which must have partitions. An entry that never
    makes progress then leads to `StalledError`.
    """
    if ours:
        return _of(ends, ours)
    return {NO_PARTITION: 1} if mock else ends
