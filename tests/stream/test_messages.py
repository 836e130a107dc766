"""Runs: any heap of messages becomes gapless runs in offset order, each offset once."""

from hypothesis import given
from hypothesis import strategies as st

from kadens.stream.messages import MOST_BYTES, Message, Run, batches, runs

places = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2), st.integers(0, 12))


def message(topic: str, partition: int, offset: int) -> Message:
    return Message(topic=topic, partition=partition, offset=offset, value=b"")


@given(st.lists(places, max_size=40))
def test_runs_hold_every_offset_once_in_order_and_without_gaps(said: list[tuple[str, int, int]]) -> None:
    found = runs(message(*place) for place in said)
    flat = [(run.topic, run.partition, one.offset) for run in found for one in run.messages]
    assert flat == sorted(set(said))
    for run in found:
        assert [one.offset for one in run.messages] == list(range(run.first, run.next))


@given(st.lists(places, max_size=40))
def test_batches_hold_the_same_runs_in_order_and_one_of_a_partition_at_most(said: list[tuple[str, int, int]]) -> None:
    found = batches(message(*place) for place in said)
    assert sorted((run for batch in found for run in batch), key=_place) == runs(message(*place) for place in said)
    for batch in found:
        assert len({(run.topic, run.partition) for run in batch}) == len(batch)
    for topic, partition, _ in said:
        firsts = [run.first for batch in found for run in batch if (run.topic, run.partition) == (topic, partition)]
        assert firsts == sorted(firsts)


def _place(run: Run) -> tuple[str, int, int]:
    return run.topic, run.partition, run.first


def test_a_missing_offset_cuts() -> None:
    found = runs(message("a", 0, offset) for offset in (3, 1, 0, 4))
    assert [(run.first, run.next) for run in found] == [(0, 2), (3, 5)]


def test_since_keeps_what_is_new() -> None:
    (run,) = runs(message("a", 0, offset) for offset in range(5))
    assert [one.offset for one in run.since(3)] == [3, 4]
    assert run.since(5) == ()


def test_a_run_is_cut_where_its_values_are_too_many_bytes() -> None:
    half = MOST_BYTES // 2
    sizes = [half, half, 1, MOST_BYTES + 1, 1]
    said = [Message(topic="t", partition=0, offset=n, value=bytes(size)) for n, size in enumerate(sizes)]
    assert [[len(one.value) for one in run.messages] for run in runs(said)] == [
        [half, half],
        [1],
        [MOST_BYTES + 1],
        [1],
    ]
