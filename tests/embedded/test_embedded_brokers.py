"""Both brokers carry a message; Kafka still has it after kill -9, the mock fails on command."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka.admin import AdminClient

from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.kafka_jars import class_archive, jars, java_version, kafka_available
from kadens.embedded.mock import PRODUCE, MockFailed, MockKafka
from kadens.embedded.process import StartFailed
from kadens.embedded.topics import brokers_answering, create_topics
from tests.until import until

_DEADLINE = 60.0
NOT_LEADER = 6
_MISSING = kafka_available()
needs_kafka = [pytest.mark.kafka, pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    with Kafka(tmp_path_factory.mktemp("kafka"), jvm=FIRST_COMPILER_ONLY) as broker:
        yield broker


@pytest.fixture(params=["mock", pytest.param("kafka", marks=needs_kafka)])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a broker with the topic `one`."""
    if request.param == "mock":
        with MockKafka({"one": 2}) as mock:
            yield mock.address
    else:
        broker: Kafka = request.getfixturevalue("kafka")
        create_topics(broker.address, {"one": (2, {})})
        yield broker.address


def produce(address: str, topic: str, value: bytes) -> int:
    async def send() -> int:
        producer = AIOKafkaProducer(bootstrap_servers=address, acks="all")
        await producer.start()
        try:
            return int((await producer.send_and_wait(topic, value, partition=0)).offset)
        finally:
            await producer.stop()

    return asyncio.run(asyncio.wait_for(send(), _DEADLINE))


def consume(address: str, topic: str, count: int) -> list[bytes]:
    async def read() -> list[bytes]:
        consumer = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic, 0)])
            await consumer.seek_to_beginning()
            return [bytes((await consumer.getone()).value) for _ in range(count)]
        finally:
            await consumer.stop()

    return asyncio.run(asyncio.wait_for(read(), _DEADLINE))


def partitions(address: str, topic: str) -> int:
    admin = AdminClient({"bootstrap.servers": address})
    return len(admin.list_topics(topic, timeout=10).topics[topic].partitions)


def test_a_message_goes_in_and_comes_out(address: str) -> None:
    offset = produce(address, "one", b"hello")
    assert consume(address, "one", offset + 1)[-1] == b"hello"


def test_only_loopback_is_listened_on(address: str) -> None:
    for item in address.split(","):
        assert item.startswith("127.0.0.1:")


def test_nobody_answers_at_a_dead_address() -> None:
    assert brokers_answering("127.0.0.1:1,127.0.0.1:2", seconds=0.2) == 0


def test_no_topics_ask_nobody() -> None:
    create_topics("127.0.0.1:1", {})


def test_mock_makes_topics_with_their_partitions() -> None:
    with MockKafka({"a": 3}) as mock:
        mock.create_topic("b", 7)
        assert [partitions(mock.address, name) for name in "ab"] == [3, 7]


def test_mock_refuses_a_topic_twice() -> None:
    with MockKafka({"a": 3}) as mock, pytest.raises(MockFailed, match=r"^a: "):
        mock.create_topic("a", 3)


def test_mock_fails_the_next_requests_and_the_producer_retries() -> None:
    with MockKafka({"a": 1}) as mock:
        mock.fail_next(PRODUCE, [NOT_LEADER, NOT_LEADER])
        assert produce(mock.address, "a", b"x") == 0


def test_mock_goes_down_and_up() -> None:
    with MockKafka({"a": 1}) as mock:
        produce(mock.address, "a", b"x")
        mock.broker_down()
        assert brokers_answering(mock.address, seconds=0.5) == 0
        mock.broker_up()
        assert consume(mock.address, "a", 1) == [b"x"]


def test_mock_is_gone_after_stop() -> None:
    with MockKafka() as mock:
        address = mock.address
        assert brokers_answering(address) == 1
    assert brokers_answering(address, seconds=0.5) == 0
    with pytest.raises(MockFailed, match="not running"):
        _ = mock.address


def _reads(archive: Path) -> bool:
    """Return whether a program has mapped an archive of classes."""
    for maps in Path("/proc").glob("[0-9]*/maps"):
        # a program may end while the others are looked at
        with suppress(OSError):
            if str(archive) in maps.read_text():
                return True
    return False


@pytest.mark.kafka
@pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))
def test_classes_are_archived_once_and_a_broken_archive_stops_nobody(tmp_path: Path) -> None:
    cache, own = tmp_path / "cache", jars()
    ours = shutil.ignore_patterns("*.jsa", "tmp*")
    shutil.copytree(own, cache / own.name, copy_function=os.link, ignore=ours)
    archive = class_archive(cache)
    assert not archive.exists()
    with Kafka(tmp_path / "one", cache=cache, jvm=FIRST_COMPILER_ONLY):
        assert _reads(archive)
    written = archive.stat()
    archive.unlink()
    archive.write_bytes(b"no classes")
    with Kafka(tmp_path / "two", cache=cache, jvm=FIRST_COMPILER_ONLY) as broker:
        assert brokers_answering(broker.address) == 1
        assert not _reads(archive)
    assert written.st_size > archive.stat().st_size == len(b"no classes")


def test_a_forked_child_does_not_take_the_mock_with_it() -> None:
    with MockKafka({"a": 1}) as mock:
        child = os.fork()
        if child == 0:
            mock.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert produce(mock.address, "a", b"x") == 0


def test_kafka_without_java_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert kafka_available() == "no `java` on the path (Java 17 or later is needed)"
    with pytest.raises(StartFailed, match="no `java` on the path"):
        Kafka(tmp_path).start()


@pytest.mark.parametrize(
    ("printed", "major"), [('openjdk version "17.0.15"', 17), ('java version "1.8.0"', 1), ("", 0)]
)
def test_java_version_is_read(printed: str, major: int, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho '{printed}' >&2\n")
    java.chmod(0o755)
    assert java_version(str(java)) == major


@pytest.mark.kafka
@pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))
class TestKafka:
    def test_topics_are_created_once(self, kafka: Kafka) -> None:
        plan = {"three": (3, {"retention.ms": "604800000"})}
        create_topics(kafka.address, plan)
        create_topics(kafka.address, plan)
        assert partitions(kafka.address, "three") == 3

    def test_an_acknowledged_message_survives_kill_9(self, kafka: Kafka) -> None:
        create_topics(kafka.address, {"kept": (1, {})})
        before = kafka.address
        produce(kafka.address, "kept", b"acknowledged")
        kafka.kill()
        assert brokers_answering(kafka.address, seconds=0.5) == 0
        kafka.restart()
        assert kafka.address == before
        assert consume(kafka.address, "kept", 1) == [b"acknowledged"]

    def test_another_process_finds_the_data(self, kafka: Kafka) -> None:
        create_topics(kafka.address, {"moved": (1, {})})
        produce(kafka.address, "moved", b"acknowledged")
        kafka.stop()
        with Kafka(kafka.data, jvm=FIRST_COMPILER_ONLY) as reopened:
            assert consume(reopened.address, "moved", 1) == [b"acknowledged"]
        kafka.restart()

    def test_a_folder_in_use_is_an_error(self, kafka: Kafka) -> None:
        with pytest.raises(StartFailed, match="another process uses"):
            Kafka(kafka.data).start()
        assert brokers_answering(kafka.address) == 1

    def test_a_broker_that_cannot_start_quotes_its_log(self, tmp_path: Path) -> None:
        broken = Kafka(tmp_path)
        (tmp_path / "node-1" / "data").mkdir(parents=True)
        (tmp_path / "node-1" / "data" / "meta.properties").write_text("version=1\nnode.id=7\n")
        with (
            pytest.raises(StartFailed, match=r"(?s)kafka 1: ended with status 1.*meta\.properties"),
            broken,
        ):
            pass

    def test_a_cluster_id_may_begin_with_a_dash(self, tmp_path: Path) -> None:
        (tmp_path / "cluster-id").write_text("-UMn5PFCSiyOY4TTyZKsoA")
        with Kafka(tmp_path, jvm=FIRST_COMPILER_ONLY) as kafka:
            assert brokers_answering(kafka.address) == 1

    def test_no_broker_outlives_a_killed_parent(self, tmp_path: Path) -> None:
        program = (
            "import sys, signal; from pathlib import Path\n"
            "from kadens.embedded.kafka import Kafka\n"
            "with Kafka(Path(sys.argv[1])) as k: print(k.address, flush=True); signal.pause()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            address = parent.stdout.readline().strip()
            assert brokers_answering(address) == 1
            parent.send_signal(signal.SIGKILL)
        until(lambda: brokers_answering(address, seconds=0.2) == 0, seconds=_DEADLINE)
