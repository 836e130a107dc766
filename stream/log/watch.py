"""The watchdog's loop: looks at the log every few seconds and ends the worker by `StalledError`, see `watchdog`.

A database that does not answer within the stall time ends the worker too.

It also holds what the group has committed against the account: a hole at the end of a partition, which no later
message shows, is set back and ends the worker by `HoleError`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from aiokafka.errors import KafkaError

from stream.log.ledger import HoleError, passed_over
from stream.log.look import LogView
from stream.log.messages import Partition
from stream.log.watchdog import Progress, StalledError, observe, stalled
from stream.metrics import Metrics

LOOKS = 6  # looks within one stall time
LONGEST_S = 10.0
NOWHERE: Partition = ("no partition assigned", 0)
log = logging.getLogger(__name__)


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
    metrics: Metrics,
) -> None:
    """Look for ever; raises `StalledError` and `HoleError`.

    A broker that does not answer is no verdict: aiokafka reconnects.
    """
    progress: dict[Partition, Progress] = {}
    while True:
        await asyncio.sleep(min(stall_s / LOOKS, LONGEST_S))
        ours = assigned()
        try:
            async with asyncio.timeout(stall_s):
                ends = {
                    location: there.end for location, there in (await view.bounds(topics)).items()
                }
                finished = await view.committed(group, topics)
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("the broker does not answer the watchdog: %s", type(error).__name__)
            continue
        accounted = await _answered(ledger, stall_s)
        hole = passed_over(
            {location: at for location, at in finished.items() if location in ours}, accounted
        )
        if hole is not None:
            await rewind(hole)
            raise hole
        finished |= {
            location: max(at, finished.get(location, 0))
            for location, at in done.items()
            if location in ours
        }
        seen = _seen(ours, ends, mock=mock)
        progress = observe(progress, now_s=time.monotonic(), ends=seen, done=finished)
        for position in ours & ends.keys():
            metrics.lag.labels(position[0], str(position[1])).set(
                max(ends[position] - finished.get(position, 0), 0)
            )
        late = stalled(progress, now_s=time.monotonic(), stall_s=stall_s)
        if late:
            raise StalledError(f"no progress for {stall_s:g} s although messages wait: {late}")


async def _answered(
    ledger: Callable[[], Awaitable[Mapping[Partition, int]]], stall_s: float
) -> Mapping[Partition, int]:
    # without its database a worker can finish nothing; started again, it says so
    try:
        async with asyncio.timeout(stall_s):
            return await ledger()
    except TimeoutError:
        raise StalledError(f"the database has not answered for {stall_s:g} s") from None


def _seen(
    ours: frozenset[Partition], ends: Mapping[Partition, int], *, mock: bool
) -> Mapping[Partition, int]:
    """Return what to watch: our partitions; without any, the whole group's, or with one worker the lack itself."""
    if ours:
        return {position: end for position, end in ends.items() if position in ours}
    return {NOWHERE: 1} if mock else ends
