"""The watchdog's judgement: which partitions lag without progress. Pure: time is an argument.

Faust and aiokafka have been seen to stop fetching after a rebalance or a broker's outage without an error
(faust-streaming 175, 523, 532, 629), so ends are asked of the broker by a client of our own, and the process
ends itself when a partition has lag and has made no progress for the stall time.

No assignment: with the mock broker there is one worker, so it is an error. On Kafka a worker beyond the number of
partitions is a legitimate standby; it then watches the progress of the whole group instead of its own, and ends
only when nobody makes any.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stream.log.messages import Partition


class StalledError(RuntimeError):
    """A partition lags and makes no progress: the process must end and be started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a partition stood, whether more lay behind it, and since when (monotonic seconds)."""

    done: int
    lags: bool
    since_s: float


def observe(
    before: Mapping[Partition, Progress],
    *,
    now_s: float,
    ends: Mapping[Partition, int],
    done: Mapping[Partition, int],
) -> dict[Partition, Progress]:
    """Return the progress after one look. A partition that is finished or has moved starts its time again."""
    after: dict[Partition, Progress] = {}
    for position, end in ends.items():
        at = done.get(position, 0)
        fresh = Progress(done=at, lags=end > at, since_s=now_s)
        was = before.get(position, fresh)
        after[position] = was if was.done == at and was.lags and fresh.lags else fresh
    return after


def stalled(
    progress: Mapping[Partition, Progress], *, now_s: float, stall_s: float
) -> tuple[Partition, ...]:
    """Return the partitions that have lagged without progress for longer than `stall_s`, sorted."""
    return tuple(
        sorted(
            position
            for position, was in progress.items()
            if was.lags and now_s - was.since_s > stall_s
        )
    )
