"""The bindings of the log: librdkafka's mock always, Apache Kafka where it can run.

Each has a worker and a database. KADENS_TEST_KAFKA=host:port names a broker to use instead of
starting one; missing topics are created on it.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.mock import MockKafka
from kadens.embedded.postgres import Postgres
from kadens.embedded.topics import create_topics
from kadens.local.mailbox import Mailbox
from tests.rig import CONFIGS, PARTITIONS, Rig
from tests.storage.reuse import TEMPLATE, create

OUTSIDE = "KADENS_TEST_KAFKA"
CONTRACT_NOW_MS = 1_764_000_000_000  # 2025-11-24T16:00:00Z, a Monday


BINDINGS = ["mock", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(scope="session", params=BINDINGS)
def rig(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Rig]:
    """Give a rig with a worker that runs as long as the tests do."""
    with _rig(request.param, postgres, os.environ.get(OUTSIDE)) as made:
        made.start_worker()
        yield made


@pytest.fixture(params=BINDINGS)
def own(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Rig]:
    """Give a rig of the test's own, without a worker."""
    with _rig(request.param, postgres, None) as made:
        yield made


@contextmanager
def _rig(binding: str, postgres: Postgres, outside: str | None) -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="kadens-contract-") as folder, ExitStack() as stack:
        mock = binding == "mock"
        brokers = (
            stack.enter_context(MockKafka(PARTITIONS)).address
            if mock
            else _kafka(stack, Path(folder), outside)
        )
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


def _kafka(stack: ExitStack, folder: Path, outside: str | None) -> str:
    brokers = outside
    if brokers is None:
        reason = kafka_available()
        if reason:
            pytest.skip(f"Apache Kafka cannot run here: {reason}")
        brokers = stack.enter_context(Kafka(folder / "kafka", jvm=FIRST_COMPILER_ONLY)).address
    create_topics(brokers, CONFIGS)
    return brokers
