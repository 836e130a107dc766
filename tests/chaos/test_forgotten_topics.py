"""What a topic forgets by its retention is in no file of Apache Kafka any more.

Time does not pass here: the retention is set to nothing, and the broker looks after its start.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its documented module
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.topics import create_topics
from model.calendar import DAY_MS
from model.topics import TOPICS, Topic
from tests.chaos.waiting import waited_for
from tests.rig import CONFIGS
from tests.rows import matching

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.kafka,
    pytest.mark.skipif(
        kafka_available() is not None, reason=f"Apache Kafka cannot run here: {kafka_available()}"
    ),
]
_MARK = b"7f3e-only-this-patient-sends-it"
_FORGETTING: tuple[Topic, ...] = tuple(matching(TOPICS, cleanup="delete"))
_ANSWER_S, _FLUSH_S = 10.0, 30.0
_LOOKS_S = 150.0  # a broker looks half a minute after its start
_AT_ONCE = {"retention.ms": "1", "file.delete.delay.ms": "1"}


@pytest.fixture
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    with Kafka(tmp_path_factory.mktemp("kafka"), jvm=FIRST_COMPILER_ONLY) as started:
        create_topics(started.address, CONFIGS)
        yield started


def _append_marks(kafka: Kafka) -> None:
    """Append a message of the patient to each topic that forgets, in its key, value and headers."""
    producer = Producer({"bootstrap.servers": kafka.address, "log_level": 0})
    for topic in _FORGETTING:
        headers: list[tuple[str, str | bytes | None]] = [("patient", _MARK)]
        producer.produce(topic.name, _MARK, key=_MARK, headers=headers)
    assert producer.flush(_FLUSH_S) == 0


def _end_retention(kafka: Kafka) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.address, "log_level": 0})
    resources: list[ConfigResource] = []
    for topic in _FORGETTING:
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in _AT_ONCE.items()
        ]
        resources.append(
            ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries)
        )
    for future in admin.incremental_alter_configs(resources, request_timeout=_ANSWER_S).values():
        future.result()


def _holding(folder: Path) -> set[str]:
    """Return the names of the topics that have the mark in a file."""
    names: set[str] = set()
    for path in filter(Path.is_file, folder.rglob("*")):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # removed since it was listed
            continue
        if _MARK in content:
            names.add(path.parent.name.rpartition("-")[0])
    return names


@pytest.mark.promise(14)
def test_nothing_is_left_of_a_message_after_its_retention(kafka: Kafka) -> None:
    _append_marks(kafka)
    # every topic forgets, but the one of revoked tokens, which names nobody
    assert {topic.name for topic in TOPICS} - {topic.name for topic in _FORGETTING} == {
        "kadens.revoked"
    }
    assert max(topic.retention_ms for topic in _FORGETTING) == 30 * DAY_MS
    assert _holding(kafka.data) == {topic.name for topic in _FORGETTING}
    _end_retention(kafka)
    kafka.stop()
    kafka.restart()
    waited_for(lambda: _holding(kafka.data) == set(), _LOOKS_S, "the broker kept messages")
