"""Which waiting messages form the next batch.

A table of queues, of what is in flight, and of the choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.batching import MANY_WAITING, BatchLimits, Busy, batches_allowed, next_batch
from stream.log.messages import Partition
from tests.depth import INVARIANT


@dataclass(frozen=True, slots=True)
class Waiting:
    size: int = 1


def queues(counts: Mapping[int, int], size: int = 1) -> dict[Partition, list[Waiting]]:
    """Return so many waiting messages for each partition, in the order of the mapping."""
    return {("t", number): [Waiting(size)] * count for number, count in counts.items()}


def in_flight(*partitions: int, batches: int = 1, held_up: int = 0) -> Busy:
    return Busy(
        batches=batches, held_up=held_up, partitions=frozenset(("t", n) for n in partitions)
    )


_NOTHING = Busy()
SINGLE = BatchLimits(max_messages=10, max_bytes=100)
DOUBLE = BatchLimits(max_in_flight=2, max_messages=10, max_bytes=100)
_WIDE = BatchLimits(max_in_flight=2, max_messages=1_000, max_bytes=1_000)
MANY, _FEW = MANY_WAITING, MANY_WAITING - 1


@pytest.mark.parametrize(
    ("waiting", "busy", "limits", "batch"),
    [
        pytest.param({}, _NOTHING, SINGLE, {}, id="nothing waits"),
        pytest.param({0: 1}, _NOTHING, SINGLE, {0: 1}, id="a lone message"),
        pytest.param({0: 1, 1: 2}, _NOTHING, SINGLE, {0: 1, 1: 2}, id="all that waits"),
        pytest.param({1: 2, 0: 1}, _NOTHING, SINGLE, {1: 2, 0: 1}, id="longest waiting first"),
        pytest.param({0: 11}, _NOTHING, SINGLE, {0: 10}, id="a flooded partition fills a batch"),
        pytest.param({0: 11, 1: 1}, _NOTHING, SINGLE, {0: 10}, id="and leaves the others out"),
        pytest.param({0: 6, 1: 4}, _NOTHING, SINGLE, {0: 6, 1: 4}, id="exactly full"),
        pytest.param({0: 6, 1: 5, 2: 1}, _NOTHING, SINGLE, {0: 6}, id="partitions are not split"),
        pytest.param({1: 1}, in_flight(0), SINGLE, {}, id="one batch in flight"),
        pytest.param({0: 1}, in_flight(0), DOUBLE, {}, id="its partition is in flight"),
        pytest.param({1: 1}, in_flight(0), DOUBLE, {}, id="little work is not shared"),
        pytest.param({1: _FEW}, in_flight(0), _WIDE, {}, id="just too little to share"),
        pytest.param({1: MANY}, in_flight(0), _WIDE, {1: MANY}, id="enough to share"),
        pytest.param({0: MANY}, in_flight(0), _WIDE, {}, id="but never a partition's own order"),
        pytest.param(
            {0: _FEW, 1: 1}, in_flight(0), _WIDE, {1: 1}, id="what waits in flight counts too"
        ),
        pytest.param(
            {1: 1}, in_flight(0, held_up=1), DOUBLE, {1: 1}, id="beside a batch that is held up"
        ),
        pytest.param(
            {2: 1}, in_flight(0, 1, batches=2, held_up=2), DOUBLE, {}, id="two in flight at most"
        ),
        pytest.param(
            {0: MANY, 1: 1, 2: 1}, _NOTHING, _WIDE, {0: MANY, 1: 1}, id="half of three, rounded up"
        ),
        pytest.param(
            {1: MANY, 2: 1, 3: 1}, in_flight(0), _WIDE, {1: MANY, 2: 1}, id="a share of all in work"
        ),
    ],
)
def test_the_next_batch(
    waiting: Mapping[int, int], busy: Busy, limits: BatchLimits, batch: Mapping[int, int]
) -> None:
    expected = {("t", number): count for number, count in batch.items()}
    chosen = next_batch(queues(waiting), busy, limits)
    assert list(chosen.items()) == list(expected.items())


@pytest.mark.parametrize(
    ("size", "batch"),
    [(25, {0: 2, 1: 2}), (26, {0: 2}), (101, {0: 2})],
    ids=["exactly full", "too many bytes for both", "the first is always taken"],
)
def test_a_batch_is_bounded_in_bytes(size: int, batch: Mapping[int, int]) -> None:
    chosen = next_batch(queues({0: 2, 1: 2}, size), _NOTHING, SINGLE)
    assert chosen == {("t", number): count for number, count in batch.items()}


@pytest.mark.parametrize(
    ("waiting", "held_up", "allowed"), [(_FEW, 0, 1), (_FEW, 1, 2), (_FEW, 2, 2), (MANY, 0, 2)]
)
def test_how_many_batches_may_be_in_flight(waiting: int, held_up: int, allowed: int) -> None:
    busy = in_flight(1, batches=held_up, held_up=held_up)
    assert batches_allowed(queues({0: waiting}), busy, DOUBLE) == allowed


_COUNTS = st.dictionaries(st.integers(0, 9), st.integers(1, 60), max_size=8)


@INVARIANT
@given(
    counts=_COUNTS,
    busy=st.frozensets(st.integers(0, 9), max_size=4),
    held_up=st.integers(0, 2),
    size=st.integers(1, 60),
)
def test_a_batch_keeps_the_limits_and_the_order(
    counts: Mapping[int, int], busy: frozenset[int], held_up: int, size: int
) -> None:
    waiting, flying = queues(counts, size), in_flight(*busy, batches=min(len(busy), 2))
    batch = next_batch(waiting, Busy(batches=flying.batches, held_up=held_up,
                                     partitions=flying.partitions), DOUBLE)  # fmt: skip
    assert not batch.keys() & flying.partitions
    assert list(batch) == [part for part in waiting if part in batch]
    assert sum(batch.values()) <= DOUBLE.max_messages
    assert len(batch) == 1 or sum(batch.values()) * size <= DOUBLE.max_bytes or not batch
    if waiting.keys() - flying.partitions and not flying.batches:
        assert batch
