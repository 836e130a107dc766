"""What the tests of the worker share: a log, a database, workers, and what appends payloads.

It waits on conditions with a deadline and never sleeps in the hope that a time is enough.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from model.envelope import Envelope
from model.keyring import KeyRing
from model.topics import RAW, TOPICS
from storage.digest import QUERIES, table_digests
from storage.pg.pool import Connection
from tests.rows import values_of
from tests.until import until

RIG_KEY = KeyRing.single(bytes(range(32)))
DEADLINE_S = 60.0
_T = TypeVar("_T")
PROGRAM = (sys.executable, "-m", "kadens", "worker")
PARTITIONS = dict(values_of(TOPICS, "name", "partitions"))
CONFIGS = {topic.name: (topic.partitions, topic.config()) for topic in TOPICS}


@dataclass(slots=True, kw_only=True)
class Rig:
    """A log, a database and the workers between them."""

    brokers: str
    mock: bool
    dsn: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _producer: Any = None
    _asking: psycopg.Connection | None = None

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def set_clock(self, now_ms: int) -> None:
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(now_ms), encoding="ascii")
        fresh.rename(self.clock)

    def write_secrets(self, more: str = "") -> None:
        """Write the secrets file: the key that wraps data keys, and more tables behind it."""
        own = f'wrapping_key = "{RIG_KEY.active.secret.hex()}"\n'
        (self.folder / "secrets.toml").write_text(own + more, encoding="utf-8")

    def environment(self, worker_id: str, **more: str) -> dict[str, str]:
        """Return the KADENS_* variables of a worker."""
        result = {
            "KADENS_KAFKA": self.brokers,
            "KADENS_DATABASE": self.dsn,
            "KADENS_BODIES": str(self.folder / "bodies"),
            "KADENS_CLOCK": f"file:{self.clock}",
            "KADENS_WORKER_ID": worker_id,
            "KADENS_MOCK_BROKER": "1" if self.mock else "",
            "KADENS_COMMIT_INTERVAL_S": "0.3",
            "KADENS_STALL_S": "30",
        }
        secrets = self.folder / "secrets.toml"
        if not secrets.exists():  # another worker may be reading it
            self.write_secrets()
        return {
            "PATH": os.environ["PATH"],
            "KADENS_SECRETS_FILE": str(secrets),
            **result,
            **self.settings,
            **more,
        }

    def start_worker(
        self, worker_id: str = "w1", program: Sequence[str] = PROGRAM, **more: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker, by default `kadens worker`, that appends to its log in the folder."""
        with self.log(worker_id).open("ab") as out:
            worker = subprocess.Popen(
                program, env=self.environment(worker_id, **more), stdout=out, stderr=out
            )
        self.workers.append(worker)
        return worker

    def log(self, worker_id: str) -> Path:
        return self.folder / f"{worker_id}.log"

    def stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(25)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.workers.clear()

    def append(  # noqa: PLR0913 - fields of the envelope
        self,
        connector: str,
        body: bytes,
        *,
        received_ms: int,
        patient: str = "",
        content_type: str = "",
        address: str = "",
        link: str = "",
        message_id: str = "",
    ) -> None:
        """Append a body to `kadens.raw` as the vendor door does."""
        sha = hashlib.sha256(body).hexdigest()
        envelope = Envelope(
            connector=connector,
            received_ms=received_ms,
            sha256=sha,
            size=len(body),
            content_type=content_type,
            patient=patient,
            address=address,
            link=link,
            message_id=message_id,
        )
        self.append_raw(b"" if envelope.address else body, sha.encode(), envelope.headers())

    def append_raw(
        self, value: bytes, key: bytes, headers: Sequence[tuple[str, bytes]], topic: str = RAW.name
    ) -> None:
        if self._producer is None:
            self._producer = Producer(
                {"bootstrap.servers": self.brokers, "linger.ms": 5, "log_level": 0}
            )
        self._producer.produce(topic, value, key=key, headers=list(headers))
        self._producer.poll(0)

    def flush(self) -> None:
        if self._producer is not None:
            assert self._producer.flush(60) == 0

    def do(self, work: Callable[[Connection], Awaitable[_T]]) -> _T:
        """Run a transaction."""

        async def run() -> _T:
            async with await psycopg.AsyncConnection.connect(self.dsn) as conn:
                await conn.execute("set time zone 'UTC'")
                return await work(conn)

        return asyncio.run(run())

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if self._asking is not None:
            return self._ask_again(self._asking, query, values)

        async def ask(conn: Connection) -> list[tuple[Any, ...]]:
            return await (await conn.execute(query.encode(), values)).fetchall()

        return self.do(ask)

    def _ask_again(
        self, conn: psycopg.Connection, query: str, values: Sequence[object]
    ) -> list[tuple[Any, ...]]:
        try:
            return conn.execute(query.encode(), values).fetchall()
        except psycopg.OperationalError:  # the database ended meanwhile: the next look is another
            conn.close()
            self._asking = self._connected()
            return self._asking.execute(query.encode(), values).fetchall()

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn, autocommit=True, options="-c timezone=UTC")

    @contextmanager
    def _asking_often(self) -> Iterator[None]:
        """Keep a connection: to open one for each look takes forty times as long as to look."""
        self._asking = self._connected()
        try:
            yield
        finally:
            self._asking.close()
            self._asking = None

    def value(self, query: str, *values: object) -> Any:  # noqa: ANN401 - any column
        return self.rows(query, *values)[0][0]

    def ends(self, topics: Sequence[str]) -> dict[str, int]:
        """Return how many messages each topic holds in all partitions; no retention has cut any."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                return self._ends(topics)
            except (
                KafkaException
            ):  # a broker that was just started again names its leaders a little later
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _ends(self, topics: Sequence[str]) -> dict[str, int]:
        client = Consumer(
            {"bootstrap.servers": self.brokers, "group.id": "looking", "log_level": 0}
        )
        ends = dict.fromkeys(topics, 0)
        try:
            for topic in topics:
                for number in range(PARTITIONS[topic]):
                    partition = TopicPartition(topic, number)
                    ends[topic] += client.get_watermark_offsets(partition, timeout=10)[1]
            return ends
        finally:
            client.close()

    def digest(self) -> dict[str, str]:
        return self.do(table_digests)

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """Return the rows that the digest of a table is made of."""
        return self.rows(QUERIES[name])

    def wait(self, holds: Callable[[], bool], what: str, seconds: float = DEADLINE_S) -> None:
        """Return once `holds()`; fail with the logs of the workers when one died or time is up."""
        dead: list[int] = []

        def is_over() -> bool:
            if holds():
                return True
            dead.extend(worker.returncode for worker in self.workers if worker.poll() is not None)
            return bool(dead)

        with self._asking_often():
            until(is_over, seconds=seconds, tell=lambda: f"{what}: time is up\n{self.tail()}")
        assert not dead, f"{what}: a worker ended {dead}\n{self.tail()}"

    def tail(self) -> str:
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in self.folder.glob("*.log")
        )


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end."""
    return asyncio.run(work)
