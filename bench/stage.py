"""The full product on this machine: Kafka, PostgreSQL, the vendor door and the workers.

Each part is a real process. The stage sends payloads and reports when all of them are stored and
derived, by the database's own account of the log. It must never look at rows for this, because
counting millions would be part of what is measured.
"""

import asyncio
import hashlib
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.loads import NOW_MS, people
from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.postgres import temporary_postgres
from kadens.embedded.process import Child, end_child, launch, tail, wait_ready
from kadens.embedded.topics import create_topics
from kadens.local.children import answers
from kadens.local.enrol import enrol, simulated_tokens
from kadens.local.runtime import secrets_in
from kadens.local.up_options import free_port
from kadens.settings import Secrets
from model.envelope import Envelope
from model.keyring import KeyRing
from model.topics import FACTS, RAW, TOPICS, Topic
from simulate.cohort import Cohort, Person
from simulate.delivery import TO_OPEN_WEARABLES, TO_REPORTS, Delivery
from simulate.door import DoorKeys, VendorDoor
from simulate.player import play
from storage.pg.migrate import migrate

_HOST = "127.0.0.1"
_DEADLINE_S = 600.0
_STOP_S = 30.0
_LOOK_S = 0.02
_FINISHED = "select coalesce(sum(next_offset), 0) from stream_offset where topic like %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A log, a database, a vendor door and workers.

    `people` are enrolled, and nobody has sent anything yet. `port` is the door's.
    """

    dsn: str
    people: Cohort
    door: VendorDoor
    port: int
    numbers: dict[str, int]
    workers: tuple[Child, ...]
    conn: Any
    producer: Any
    consumer: Any

    def post(self, deliveries: Iterable[Delivery]) -> None:
        """Post bodies at the door, a few at a time, and return when it has answered all."""
        play(deliveries, self.door.post)

    def append(self, deliveries: Iterable[Delivery]) -> None:
        """Append payloads to the log as the vendor door does, without the door.

        When it returns, all are on the log.
        """
        for delivery in deliveries:
            self._append(delivery)
        self.producer.flush(_DEADLINE_S)

    def settle(self) -> None:
        """Return once everything on the log is stored and derived.

        Raises TimeoutError, or RuntimeError without a worker.
        """
        for topic in (
            RAW,
            FACTS,
        ):  # a body's facts are on the log before the body counts as finished
            self.wait(partial(self._is_finished, topic, self._end(topic)))

    def wait(self, done: Callable[[], bool], every_s: float = _LOOK_S) -> None:
        """Return once `done` holds; it is evaluated again and again."""
        deadline = time.monotonic() + _DEADLINE_S
        while not done():
            for worker in self.workers:
                if not worker.alive():
                    raise RuntimeError(f"a worker ended\n{tail(worker.log)}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done within {_DEADLINE_S:g} s")
            time.sleep(every_s)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query, which sees what is committed when it runs."""
        items: list[tuple[Any, ...]] = self.conn.execute(query, values).fetchall()
        return items

    def checkpoint(self) -> None:
        """Let the database write what it holds back, so that no row pays for earlier writes."""
        self.conn.execute("checkpoint")

    def maintain(self) -> None:
        """Let the database do all that it puts off, so that no round pays for another's rows."""
        self.conn.execute("vacuum (analyze)")
        self.checkpoint()

    def of(self, persons: Iterable[Person]) -> list[int]:
        """Return the database's numbers of these people."""
        return [self.numbers[person.pseudonym] for person in persons]

    def _append(self, delivery: Delivery) -> None:
        body = delivery.make()
        sha = hashlib.sha256(body).hexdigest()
        envelope = Envelope(
            connector=delivery.connector,
            received_ms=NOW_MS,
            sha256=sha,
            size=len(body),
            patient=delivery.patient,
        )
        self.producer.produce(RAW.name, body, key=sha, headers=envelope.headers())
        self.producer.poll(0)

    def _is_finished(self, topic: Topic, last: int) -> bool:
        return bool(self.rows(_FINISHED, [f"{topic.name}@%"])[0][0] >= last)

    def _end(self, topic: Topic) -> int:
        places = (TopicPartition(topic.name, number) for number in range(topic.partitions))
        return sum(
            self.consumer.get_watermark_offsets(position, timeout=10)[1] for position in places
        )


@contextmanager
def stage(
    patients: int,
    workers: int = 1,
    more_secrets: str = "",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Stage]:
    """Start everything for so many patients, and stop it at the end. Only the main thread may.

    `more_secrets` is added to the secrets file, and `settings` are PostgreSQL's.
    """
    with ExitStack() as parts:
        folder = Path(parts.enter_context(TemporaryDirectory(prefix="kadens-bench-")))
        postgres = parts.enter_context(temporary_postgres(durable=True, settings=settings))
        kafka = parts.enter_context(Kafka(folder / "kafka", jvm=FIRST_COMPILER_ONLY))
        create_topics(
            kafka.address, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS}
        )
        dsn, total, port = postgres.create_database("bench"), people(patients), free_port()
        secrets_file, secrets = secrets_in(folder)
        with secrets_file.open("a", encoding="utf-8") as file:
            file.write(more_secrets)
        asyncio.run(_enrol(dsn, total, secrets.wrapping_keys))
        result = {
            **_environment(folder, secrets_file),
            "KADENS_KAFKA": kafka.address,
            "KADENS_DATABASE": dsn,
            "KADENS_VENDOR_PORT": str(port),
        }
        (folder / "bodies").mkdir()
        door = _start(parts, folder, result, "door", "door", "vendor")
        names = [f"w{number}" for number in range(workers)]
        started = tuple(
            _start(parts, folder, {**result, "KADENS_WORKER_ID": n}, n, "worker") for n in names
        )
        wait_ready(door, lambda: answers(f"http://{_HOST}:{port}/healthz"), seconds=60)
        conn = parts.enter_context(psycopg.connect(dsn, autocommit=True))
        yield Stage(
            dsn=dsn,
            people=total,
            door=parts.enter_context(
                closing(VendorDoor(_HOST, port, _keys(secrets), lambda: NOW_MS))
            ),
            port=port,
            numbers=dict(conn.execute("select pseudonym, id from patient").fetchall()),
            workers=started,
            conn=conn,
            producer=_producer(kafka.address),
            consumer=parts.enter_context(closing(_consumer(kafka.address))),
        )


async def _enrol(dsn: str, cohort: Cohort, wrapping_key: KeyRing) -> None:
    await migrate(dsn)
    await enrol(dsn, cohort, wrapping_key=wrapping_key)


def _start(
    parts: ExitStack, folder: Path, environment: dict[str, str], name: str, *words: str
) -> Child:
    argv = [sys.executable, "-m", "kadens", *words]
    child = launch(
        name, argv, log=folder / f"{name}.log", on_death=signal.SIGKILL, environment=environment
    )
    parts.callback(end_child, child, first=signal.SIGTERM, seconds=_STOP_S)
    return child


def _keys(secrets: Secrets) -> DoorKeys:
    return DoorKeys(
        open_wearables=secrets.connectors[TO_OPEN_WEARABLES].keys[0],
        reports=secrets.connectors[TO_REPORTS].keys[0],
        token=simulated_tokens(secrets.link_keys),
    )


def _environment(folder: Path, secrets_file: Path) -> dict[str, str]:
    """Return the settings of the processes that are the same in every run."""
    return {
        "KADENS_BODIES": str(folder / "bodies"),
        "KADENS_CLOCK": f"fixed:{NOW_MS}",
        "KADENS_SECRETS_FILE": str(secrets_file),
    }


def _producer(kafka: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": kafka,
            "linger.ms": 5,
            "compression.type": "zstd",
            "log_level": 0,
        }
    )


def _consumer(brokers: str) -> Any:  # noqa: ANN401 - its maker ships no types
    return Consumer({"bootstrap.servers": brokers, "group.id": "bench-looking", "log_level": 0})
