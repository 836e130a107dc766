"""Runs: messages in any order become gapless runs in offset order, each offset once."""

from itertools import chain, starmap

from hypothesis import given
from hypothesis import strategies as st

from stream.log.messages import MOST_RUN_BYTES, Message, Run, batches, runs_of
from tests.rows import matching, values_of

places = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2), st.integers(0, 12))


def _message(topic: str, partition: int, offset: int) -> Message:
    return Message(topic=topic, partition=partition, offset=offset, value=b"")


@given(st.lists(places, max_size=40))
def test_runs_hold_every_offset_once_in_order_and_without_gaps(
    offsets: list[tuple[str, int, int]],
) -> None:
    runs = runs_of(starmap(_message, offsets))
    flat: list[tuple[str, int, int]] = []
    for run in runs:
        flat += [(run.topic, run.partition, item.offset) for item in run.messages]
    assert flat == sorted(set(offsets))
    for run in runs:
        assert values_of(run.messages, "offset") == list(range(run.first, run.next))


@given(st.lists(places, max_size=40))
def test_batches_hold_the_same_runs_in_order_and_one_of_a_partition_at_most(
    offsets: list[tuple[str, int, int]],
) -> None:
    cut = batches(starmap(_message, offsets))
    assert sorted(chain.from_iterable(cut), key=_partition) == runs_of(starmap(_message, offsets))
    for batch in cut:
        assert len(set(values_of(batch, "topic", "partition"))) == len(batch)
    for topic, partition, _ in offsets:
        own = matching(chain.from_iterable(cut), topic=topic, partition=partition)
        firsts = values_of(own, "first")
        assert firsts == sorted(firsts)


def _partition(run: Run) -> tuple[str, int, int]:
    return run.topic, run.partition, run.first


def test_a_missing_offset_cuts() -> None:
    runs = runs_of(_message("a", 0, offset) for offset in (3, 1, 0, 4))
    assert values_of(runs, "first", "next") == [(0, 2), (3, 5)]


def test_since_keeps_what_is_new() -> None:
    (run,) = runs_of(_message("a", 0, offset) for offset in range(5))
    assert values_of(run.since(3), "offset") == [3, 4]
    assert run.since(5) == ()


def test_a_run_is_cut_where_its_values_are_too_many_bytes() -> None:
    half = MOST_RUN_BYTES // 2
    sizes = [half, half, 1, MOST_RUN_BYTES + 1, 1]
    result = [
        Message(topic="t", partition=0, offset=n, value=bytes(size)) for n, size in enumerate(sizes)
    ]
    values = [values_of(run.messages, "value") for run in runs_of(result)]
    assert [list(map(len, some)) for some in values] == [
        [half, half],
        [1],
        [MOST_RUN_BYTES + 1],
        [1],
    ]
