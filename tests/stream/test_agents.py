"""The agents' step: acknowledge after the handler, in order, nothing after a failure; no value in an error."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from kadens.stream.agents import handle
from kadens.stream.faults import WorkerError
from kadens.stream.ledger import HoleError
from kadens.stream.messages import Run
from kadens.stream.metrics import make_metrics
from kadens.stream.watchdog import Place


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

    def events(self, *places: tuple[int, int]) -> list[Event]:
        return [
            Event(
                message=SimpleNamespace(
                    topic="t", partition=partition, offset=offset, key=None, value=None, headers=[("a", b"b")]
                ),
                acks=self.acks,
            )
            for partition, offset in places
        ]


def test_runs_are_acknowledged_in_order_after_the_handler() -> None:
    log, seen = Log(), []

    async def handler(run: Run) -> None:
        assert (run.partition, run.first) not in log.acks
        seen.append((run.partition, run.first, run.next))

    asyncio.run(handle(log.events((1, 5), (0, 8), (1, 4), (0, 7), (1, 5)), handler, log.done, make_metrics()))
    assert sorted(seen) == [(0, 7, 9), (1, 4, 6)]
    assert [one for one in log.acks if one[0] == 0] == [(0, 7), (0, 8)]
    assert [one for one in log.acks if one[0] == 1] == [(1, 4), (1, 5), (1, 5)]
    assert log.done == {("t", 0): 9, ("t", 1): 6}


def test_a_failure_acknowledges_nothing_more_of_its_partition() -> None:
    log = Log()

    async def handler(run: Run) -> None:
        if run.partition == 1:
            raise ValueError("heart rate 187 of Jane Doe")

    with pytest.raises(WorkerError) as caught:
        asyncio.run(handle(log.events((0, 1), (1, 1), (1, 3), (2, 1)), handler, log.done, make_metrics()))
    assert sorted(log.acks) == [(0, 1), (2, 1)]
    assert log.done == {("t", 0): 2, ("t", 2): 2}
    assert "187" not in str(caught.value)
    assert "Jane" not in str(caught.value)
    assert "ValueError at test_agents.py" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_what_the_worker_tells_itself_passes_as_it_is() -> None:
    async def handler(run: Run) -> None:
        raise HoleError(run.topic, run.partition, 3, run.first)

    with pytest.raises(HoleError, match=r"t\[0\]: offsets 3 to 6 were never delivered"):
        asyncio.run(handle(Log().events((0, 7)), handler, {}, make_metrics()))
