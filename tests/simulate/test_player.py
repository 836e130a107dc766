"""Playing a cohort: everything arrives once and in order, and an error ends the play.

The gate holds back what is too much.
"""

import threading
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from kadens.embedded.mock import MockKafka
from simulate.delivery import JSON_TYPE, TO_REPORTS, Delivery
from simulate.lag import _MOST_FACTS, MOST_BYTES, Behind, Gate, wait_idle
from simulate.player import AHEAD, on_time, play


def _deliveries(count: int, weight: int = 1) -> list[Delivery]:
    return [
        Delivery(
            key=str(n),
            connector=TO_REPORTS,
            patient="demo-01",
            due_ms=n * 1000,
            content_type=JSON_TYPE,
            weight=weight,
            make=lambda: b"{}",
        )
        for n in range(count)
    ]


class Sink:
    def __init__(self) -> None:
        self.got: list[str] = []
        self.lock = threading.Lock()

    def post(self, delivery: Delivery) -> int:
        with self.lock:
            self.got.append(delivery.key)
        return 2


def test_all_arrive_once_and_almost_in_order() -> None:
    sink = Sink()
    seen: list[int] = []
    played = play(_deliveries(200), sink.post, progress=lambda _delivery, size: seen.append(size))
    assert (played.bodies, played.size, sum(seen)) == (200, 400, 400)
    assert sorted(sink.got, key=int) == list(map(str, range(200)))
    for n, key in enumerate(sink.got):
        assert abs(int(key) - n) <= AHEAD


def test_a_refusal_ends_the_play() -> None:
    def refuse(delivery: Delivery) -> int:
        if delivery.key == "50":
            raise RuntimeError("refused")
        return 1

    with pytest.raises(RuntimeError, match="refused"):
        play(_deliveries(100), refuse)


def test_the_gate_is_asked_before_each_body() -> None:
    numbers: list[int] = []
    play(_deliveries(10, weight=7), Sink().post, gate=numbers.append)
    assert numbers == [7] * 10


def test_deliveries_wait_for_their_time() -> None:
    ticks = iter(range(0, 100_000, 100))
    out = [(item.key, next(ticks)) for item in on_time(_deliveries(3), lambda: next(ticks))]
    assert [at >= int(key) * 1000 for key, at in out] == [True] * 3


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulate.lag.POLL_S", 0.0)
    monkeypatch.setattr("simulate.player.STEP_S", 0.0)


def shrinking(
    lags: list[dict[tuple[str, int], int]],
) -> tuple[Callable[[], dict[tuple[str, int], int]], list[int]]:
    calls: list[int] = []

    def behind() -> dict[tuple[str, int], int]:
        calls.append(1)
        return lags[min(len(calls), len(lags)) - 1]

    return behind, calls


def test_small_bodies_pass_without_asking_the_broker() -> None:
    behind, calls = shrinking([{}])
    gate = Gate(behind, raw="raw", facts="facts")
    for _ in range(100):
        gate.pass_(1000)
    assert calls == []


def test_a_full_gate_waits_until_the_group_has_read() -> None:
    behind, calls = shrinking(
        [{("raw", 0): 1, ("raw", 1): 1}, {("raw", 0): 1, ("raw", 1): 1}, {("raw", 0): 1}]
    )
    gate = Gate(behind, raw="raw", facts="facts")
    for _ in range(3):
        gate.pass_(MOST_BYTES // 2)
    assert len(calls) == 3


def test_a_full_gate_waits_for_the_facts_too() -> None:
    behind, calls = shrinking([{("facts", 3): _MOST_FACTS + 1}, {("facts", 3): _MOST_FACTS}])
    gate = Gate(behind, raw="raw", facts="facts")
    gate.pass_(MOST_BYTES)
    gate.pass_(1)
    assert len(calls) == 2


def test_waiting_for_idle_has_an_end() -> None:
    behind, _ = shrinking([{("raw", 0): 1}])
    ticks = iter(range(100))
    assert not wait_idle(behind, seconds=5, clock=lambda: next(ticks))
    behind, _ = shrinking([{("raw", 0): 1}, {("raw", 0): 0}])
    assert wait_idle(behind, seconds=5, clock=lambda: next(ticks))


class Coordinator:
    """A consumer whose group has no coordinator for the first few questions."""

    def __init__(self, code: int) -> None:
        self.errors = [KafkaException(KafkaError(code))] * 2

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        if self.errors:
            raise self.errors.pop()
        return places

    def get_watermark_offsets(
        self, topic_partition: TopicPartition, timeout: float
    ) -> tuple[int, int]:
        assert (topic_partition.topic, timeout > 0) == ("raw", True)
        return 3, 7


def test_a_group_that_looks_for_its_coordinator_is_asked_again(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = Behind(broker, "kadens", {"raw": 1})
    monkeypatch.setattr(behind, "_consumer", Coordinator(KafkaError.NOT_COORDINATOR))
    assert behind() == {("raw", 0): 4}
    monkeypatch.setattr(behind, "_consumer", Coordinator(KafkaError.GROUP_AUTHORIZATION_FAILED))
    with pytest.raises(KafkaException):
        behind()


@pytest.fixture
def broker() -> Iterator[str]:
    with MockKafka({"raw": 2}) as mock:
        yield mock.address


def test_lag_of_a_group_on_a_real_protocol(broker: str) -> None:
    producer = Producer({"bootstrap.servers": broker})
    for n in range(5):
        producer.produce("raw", b"x", partition=n % 2)
    assert producer.flush(10) == 0
    behind = Behind(broker, "kadens", {"raw": 2})
    assert behind() == {("raw", 0): 3, ("raw", 1): 2}
    member = Consumer({"bootstrap.servers": broker, "group.id": "kadens"})
    member.commit(
        offsets=[TopicPartition("raw", 0, 3), TopicPartition("raw", 1, 1)], asynchronous=False
    )
    assert behind() == {("raw", 0): 0, ("raw", 1): 1}
    member.close()
    behind.close()


class Electing:
    """A consumer whose broker first answers with an error of `code`.

    A broker that has just started does.
    """

    def __init__(self, code: int) -> None:
        self.codes = [code]

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        return partitions

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float) -> tuple[int, int]:
        assert timeout > 0
        if self.codes:
            raise KafkaException(KafkaError(self.codes.pop()))
        return 0, 3 + partition.partition


@pytest.mark.parametrize(
    "code", [KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE]
)
def test_a_broker_that_elects_a_leader_is_asked_again(broker: str, code: int) -> None:
    behind = Behind(broker, "kadens", {"raw": 1})
    behind.close()
    vars(behind)["_consumer"] = Electing(code)
    assert behind() == {("raw", 0): 3}
