"""The bindings of the log: librdkafka's mock always, Apache Kafka where it can run. One worker and database each.

KADENS_TEST_KAFKA=host:port names a broker to use instead of starting one; its topics are made if they are missing.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kadens.storage.migrate import migrate

from kadens.embedded.kafka import Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.mock import MockKafka
from kadens.embedded.postgres import Postgres, temporary_postgres
from kadens.embedded.topics import create_topics

from ..rig import CONFIGS, PARTITIONS, Rig, run

OUTSIDE = "KADENS_TEST_KAFKA"
NOW_MS = 1_764_000_000_000  # 2025-11-24T16:00:00Z, a Monday


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=["mock", pytest.param("kafka", marks=pytest.mark.kafka)])
def rig(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Rig]:
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="kadens-contract-") as folder:
        mock = request.param == "mock"
        brokers = stack.enter_context(MockKafka(PARTITIONS)).address if mock else _kafka(stack, Path(folder))
        dsn = postgres.create_database(f"contract_{request.param}")
        run(migrate(dsn))
        made = Rig(brokers=brokers, mock=mock, dsn=dsn, folder=Path(folder))
        made.set_clock(NOW_MS)
        made.start_worker()
        stack.callback(made.stop)
        yield made


def _kafka(stack: ExitStack, folder: Path) -> str:
    brokers = os.environ.get(OUTSIDE)
    if brokers is None:
        reason = kafka_available()
        if reason:
            pytest.skip(f"Apache Kafka cannot run here: {reason}")
        brokers = stack.enter_context(Kafka(folder / "kafka")).address
    create_topics(brokers, CONFIGS)
    return brokers
