"""Decides which partitions lag without progress. Pure: time is an argument.

Faust and aiokafka sometimes stop fetching after a rebalance or a broker's outage, without an error
(faust-streaming 175, 523, 532, 629). So a client of our own reads the ends from the broker, and the
process ends itself when a partition lags and makes no progress for the stall time.

A worker may have no partition. With the mock broker there is a single worker, so that is an error.
On Kafka a worker beyond the number of partitions is a legitimate standby. It then watches the
progress of the group instead of its own, and ends only if no worker makes progress.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stream.log.messages import Partition


class StalledError(RuntimeError):
    """A partition lags and makes no progress; the process must end and be restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionProgress:
    """A partition's finished offset, whether it lags, and since when (monotonic seconds)."""

    done: int
    lags: bool
    since_s: float


def observe(
    before: Mapping[Partition, PartitionProgress],
    *,
    now_s: float,
    ends: Mapping[Partition, int],
    done: Mapping[Partition, int],
) -> dict[Partition, PartitionProgress]:
    """Return the progress after one look at the ends of the log and the finished offsets.

    The time of a partition starts again when nothing is left or its finished offset has moved.
    """
    after: dict[Partition, PartitionProgress] = {}
    for partition, end in ends.items():
        offset = done.get(partition, 0)
        fresh = PartitionProgress(done=offset, lags=end > offset, since_s=now_s)
        was = before.get(partition, fresh)
        is_stuck = was.done == offset and was.lags and fresh.lags
        after[partition] = was if is_stuck else fresh
    return after


def stalled(
    progress: Mapping[Partition, PartitionProgress], *, now_s: float, stall_s: float
) -> tuple[Partition, ...]:
    """Return the partitions that have lagged without progress for more than `stall_s`, sorted."""
    late: list[Partition] = []
    for partition, was in progress.items():
        if was.lags and now_s - was.since_s > stall_s:
            late.append(partition)
    return tuple(sorted(late))
