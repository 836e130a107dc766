"""The watchdog reports lag without progress after the stall time, and nothing else."""

from stream.log.messages import Partition
from stream.log.watchdog import PartitionProgress, observe, stalled

_PARTITION: Partition = ("kadens.raw", 0)


def _look(
    before: dict[Partition, PartitionProgress], now_s: float, end: int, done: int
) -> dict[Partition, PartitionProgress]:
    return observe(before, now_s=now_s, ends={_PARTITION: end}, done={_PARTITION: done})


def test_lag_without_progress_is_told_after_the_stall_time() -> None:
    seen = _look(_look({}, 0, 10, 4), 50, 12, 4)
    assert stalled(seen, now_s=60, stall_s=60) == ()
    assert stalled(seen, now_s=61, stall_s=60) == (_PARTITION,)


def test_progress_starts_the_time_again() -> None:
    seen = _look(_look({}, 0, 10, 4), 50, 10, 5)
    assert stalled(seen, now_s=100, stall_s=60) == ()
    assert stalled(seen, now_s=111, stall_s=60) == (_PARTITION,)


def test_a_partition_without_lag_never_stalls() -> None:
    seen = _look(_look({}, 0, 10, 10), 1000, 10, 10)
    assert stalled(seen, now_s=1001, stall_s=60) == ()


def test_time_counts_from_the_first_lag_not_from_the_last_message() -> None:
    seen = _look(_look({}, 0, 10, 10), 1000, 11, 10)
    assert stalled(seen, now_s=1059, stall_s=60) == ()
    seen = _look(seen, 1061, 11, 10)
    assert stalled(seen, now_s=1061, stall_s=60) == (_PARTITION,)


def test_a_partition_given_away_is_forgotten() -> None:
    assert (
        observe(
            {_PARTITION: PartitionProgress(done=0, lags=True, since_s=0)}, now_s=9, ends={}, done={}
        )
        == {}
    )
