"""Nothing acknowledged is lost or counts twice, whatever is killed: a disturbed run has the digest of a quiet one.

Apache Kafka and the embedded PostgreSQL, real worker processes, one clock that stands still. A cohort's bodies are
appended to `kadens.raw`: once and in order in the quiet run; up to three times in random order while the worker, the
broker and the database are killed in the other.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kadens.embedded.kafka import Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.postgres import Postgres, temporary_postgres
from kadens.embedded.topics import create_topics
from kadens.model.calendar import utc
from kadens.simulate.cohort import Cohort, cohort
from kadens.simulate.deliveries import history
from kadens.simulate.delivery import FILES, Delivery
from kadens.simulate.enrol import enrol
from kadens.storage.digest import QUERIES
from kadens.storage.migrate import migrate

from ..rig import CONFIGS, KEY, Rig, run

NOW_MS = 1_764_000_000_000  # 2025-11-24T16:00:00Z, a Monday
PATIENTS, WEEKS = 8, 3
SETTLE_S = 120.0
LONGEST_LIFE_S = 4.0

UNEXPLAINED = ("DeadlockDetected", "TypeError", "KeyError")
EARLY = "never delivered"  # acknowledged too early; in a rebalance Faust also drops what waits and goes on behind it

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.kafka,
    pytest.mark.skipif(kafka_available() is not None, reason=f"Apache Kafka cannot run here: {kafka_available()}"),
]


@dataclass(slots=True, kw_only=True)
class Stage:
    """A rig with the broker and the server that can be killed."""

    rig: Rig
    kafka: Kafka
    postgres: Postgres

    def settled(self) -> bool:
        """Tell whether every message is finished, nobody is due and nothing waits in the outbox."""
        done = dict(self.rig.rows("select split_part(topic, '@', 1), sum(next_offset) from stream_offset group by 1"))
        waits = self.rig.one(
            "select (select count(*) from due where at <= %s) + (select count(*) from outbox where sent_at is null"
            " and channel = 'derived')",
            utc(NOW_MS),
        )
        ends = self.rig.ends(("kadens.raw", "kadens.facts"))
        return not waits and all(int(done.get(topic, 0)) == end for topic, end in ends.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run left: the digests, and the rows of all but the samples, to say what differs."""

    digest: dict[str, str]
    tables: dict[str, list[tuple[Any, ...]]]


def outcome(rig: Rig) -> Outcome:
    return Outcome(digest=rig.digest(), tables={name: rig.table(name) for name in QUERIES if name != "sample"})


def check(rig: Rig, wanted: Outcome, *, unexplained: Sequence[str] = (*UNEXPLAINED, EARLY)) -> None:
    """Fail when the run left something else, and when a worker met what kills do not explain."""
    lines = [line for log in rig.folder.glob("*.log") for line in log.read_text().splitlines()]
    assert not [line for line in lines if any(word in line for word in unexplained)]
    found = outcome(rig)
    apart = [name for name in wanted.digest if found.digest[name] != wanted.digest[name]]
    rows = {
        name: [
            *(("missing", row) for row in wanted.tables[name] if row not in found.tables[name]),
            *(("too much", row) for row in found.tables[name] if row not in wanted.tables[name]),
        ][:6]
        for name in apart
        if name in wanted.tables
    }
    assert not apart, f"{apart} differ: {rows}"


@contextmanager
def stage(whole: Cohort) -> Iterator[Stage]:
    """Give an empty log and a database with the cohort's people."""
    with (
        tempfile.TemporaryDirectory(prefix="kadens-chaos-") as folder,
        temporary_postgres() as postgres,
        Kafka(Path(folder) / "kafka") as kafka,
    ):
        create_topics(kafka.address, CONFIGS)
        dsn = postgres.create_database("chaos")
        run(migrate(dsn))
        run(enrol(dsn, whole, wrapping_key=KEY))
        rig = Rig(brokers=kafka.address, mock=False, dsn=dsn, folder=Path(folder))
        rig.set_clock(NOW_MS)
        try:
            yield Stage(rig=rig, kafka=kafka, postgres=postgres)
        finally:
            rig.stop()


@pytest.fixture(scope="module")
def whole() -> Cohort:
    return cohort(now_ms=NOW_MS, seed=11, patients=PATIENTS, weeks=WEEKS)


@pytest.fixture(scope="module")
def bodies(whole: Cohort) -> list[tuple[Delivery, bytes]]:
    return [(one, one.make()) for one in history(whole)]


@pytest.fixture(scope="module")
def quiet(whole: Cohort, bodies: list[tuple[Delivery, bytes]]) -> Outcome:
    """Return what one worker leaves with each body once, in order."""
    with stage(whole) as on:
        on.rig.start_worker()
        append(on.rig, bodies)
        on.rig.wait(on.settled, "the quiet run", SETTLE_S)
        return outcome(on.rig)


def append(rig: Rig, some: Sequence[tuple[Delivery, bytes]]) -> None:
    for one, body in some:
        named = one.patient if one.connector == FILES else ""
        rig.append(one.connector, body, received_ms=one.due_ms, patient=named, content_type=one.content_type)
    rig.flush()


def disturbed(bodies: Sequence[tuple[Delivery, bytes]], chance: random.Random) -> list[tuple[Delivery, bytes]]:
    """Return each body one to three times, in random order."""
    many = [one for one in bodies for _ in range(chance.randint(1, 3))]
    chance.shuffle(many)
    return many


def test_kills_change_nothing(
    whole: Cohort, bodies: list[tuple[Delivery, bytes]], quiet: Outcome, seed: int, kills: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    waiting = disturbed(bodies, chance)
    portion = len(waiting) // kills + 1
    broker_at, database_at = chance.sample(range(1, kills), 2)
    with stage(whole) as on:
        for turn in range(kills):
            worker = on.rig.start_worker()
            append(on.rig, waiting[turn * portion : (turn + 1) * portion])
            _until(time.monotonic() + chance.uniform(1.0, LONGEST_LIFE_S))
            if turn == broker_at:
                on.kafka.kill()
                on.kafka.restart()
            if turn == database_at:
                on.postgres.kill()
                on.postgres.restart()
            worker.kill()
            worker.wait()
            on.rig.workers.remove(worker)
        finish(on)
        check(on.rig, quiet)


def test_the_second_worker_takes_over(
    whole: Cohort, bodies: list[tuple[Delivery, bytes]], quiet: Outcome, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    waiting = disturbed(bodies, chance)
    half = len(waiting) // 2
    with stage(whole) as on:
        first, _ = on.rig.start_worker("w1"), on.rig.start_worker("w2")
        append(on.rig, waiting[:half])
        at_work(on)
        _until(time.monotonic() + chance.uniform(1.0, LONGEST_LIFE_S))
        first.kill()
        first.wait()
        on.rig.workers.remove(first)
        append(on.rig, waiting[half:])
        finish(on, on.rig.workers[0], "w2")
        check(on.rig, quiet, unexplained=UNEXPLAINED)


def at_work(on: Stage) -> None:
    """Wait until the first fact is there, whatever becomes of a worker in the first rebalances."""
    deadline = time.monotonic() + SETTLE_S
    while not on.rig.one("select count(*) from fact"):
        assert time.monotonic() < deadline, on.rig.tail()
        _until(time.monotonic() + 0.05)


def finish(on: Stage, worker: subprocess.Popen[bytes] | None = None, worker_id: str = "w1") -> None:
    """Run one worker until all is settled; started again when it ends, as a supervisor would."""
    deadline = time.monotonic() + SETTLE_S
    worker = worker or on.rig.start_worker(worker_id)
    while not on.settled():
        if worker.poll() is not None:
            on.rig.workers.remove(worker)
            worker = on.rig.start_worker(worker_id)
        assert time.monotonic() < deadline, on.rig.tail()
        _until(time.monotonic() + 0.2)


def _until(instant: float) -> None:
    """Let a random life pass: the one wait here that is the test itself."""
    time.sleep(max(instant - time.monotonic(), 0))
