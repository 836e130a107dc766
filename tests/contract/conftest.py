"""The bindings of the log: librdkafka's mock always, Apache Kafka where it can run.

Each has a worker and a database. KADENS_TEST_KAFKA=host:port names a broker to use instead of
starting one; missing topics are created on it.
"""

import os
import socket
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.mock import MockKafka
from kadens.embedded.postgres import Postgres
from kadens.embedded.topics import create_topics
from kadens.local.mailbox import Mailbox
from tests.databases.reuse import TEMPLATE, create
from tests.rig import CONFIGS, PARTITIONS, Rig

OUTSIDE = "KADENS_TEST_KAFKA"
CONTRACT_NOW_MS = 1_764_000_000_000  # 2025-11-24T16:00:00Z, a Monday


_ANSWER_S = 10.0
BINDINGS = ["mock", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(scope="package", params=BINDINGS)
def rig(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Rig]:
    """Give a rig with a worker that runs as long as the tests do."""
    is_mock = request.param == "mock"
    log = _mock() if is_mock else _kafka(os.environ.get(OUTSIDE))
    with log as address, _rig(address, postgres, mock=is_mock) as made:
        made.start_worker()
        yield made


@pytest.fixture(scope="package")
def lent_kafka() -> Iterator[str]:
    """Start the broker that the tests with a rig of their own use one after the other.

    To start it takes four seconds of processor time, which is more than most of the tests take.
    """
    with _kafka(None) as address:
        yield address


@pytest.fixture(params=BINDINGS)
def own(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Rig]:
    """Give a rig of the test's own, with empty topics and without a worker."""
    if request.param == "mock":
        with _mock() as address, _rig(address, postgres, mock=True) as made:
            yield made
        return
    address = request.getfixturevalue("lent_kafka")
    # with the topics their offsets of the group are gone too
    delete_topics(address, CONFIGS)
    create_topics(address, CONFIGS)
    with _rig(address, postgres, mock=False) as made:
        yield made


@contextmanager
def _rig(brokers: str, postgres: Postgres, *, mock: bool) -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="kadens-contract-") as folder, ExitStack() as stack:
        dsn = postgres.dsn(create(postgres.dsn(), TEMPLATE))
        made = Rig(brokers=brokers, mock=mock, dsn=dsn, folder=Path(folder))
        made.set_clock(CONTRACT_NOW_MS)
        mailbox = stack.enter_context(Mailbox(made.folder / "mail", _free_port()))
        made.settings["KADENS_SMTP"] = mailbox.address
        stack.callback(made.stop)
        yield made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _mock() -> Iterator[str]:
    with MockKafka(PARTITIONS) as mock:
        yield mock.address


@contextmanager
def _kafka(outside: str | None) -> Iterator[str]:
    """Give the address of Apache Kafka with our topics: `outside`, or a broker that is started."""
    reason = None if outside else kafka_available()
    if reason:
        pytest.skip(f"Apache Kafka cannot run here: {reason}")
    with ExitStack() as stack:
        address = outside or stack.enter_context(_started()).address
        create_topics(address, CONFIGS)
        yield address


@contextmanager
def _started() -> Iterator[Kafka]:
    with (
        tempfile.TemporaryDirectory(prefix="kadens-contract-kafka-") as folder,
        Kafka(Path(folder), jvm=FIRST_COMPILER_ONLY) as running,
    ):
        yield running


def delete_topics(address: str, names: Collection[str]) -> None:
    """Remove those of the topics that the broker has, with all that they hold.

    The controller is asked for each by name: a list of topics lags behind what was created.
    """
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    for done in admin.delete_topics(sorted(names), operation_timeout=_ANSWER_S).values():
        try:
            done.result(timeout=2 * _ANSWER_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
