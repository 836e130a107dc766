"""The whole pipeline against a bare binary COPY of the same rows, and how long a body takes to become an alert.

Bodies of each workload are appended to `kadens.raw`; the clock runs until their facts are committed, and with them
what is derived, by one real worker on Apache Kafka. Rounds of workloads and of the baseline take turns. Then pain
reports come in one by one, while files come in at half the speed just measured. Without Apache Kafka there are no
figures: the mock forgets what it cannot hold. `python -m bench.pipeline` prints the rows.
"""

import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from confluent_kafka import Producer

from kadens.embedded.kafka import Kafka
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.postgres import temporary_postgres
from kadens.embedded.topics import create_topics
from kadens.model.calendar import rfc3339
from kadens.model.envelope import Envelope
from kadens.model.intensity import HeartProfile
from kadens.model.metrics import METRIC
from kadens.storage import people, samples
from kadens.storage.columns import COPY_HEAD, COPY_TAIL
from kadens.storage.migrate import migrate
from kadens.storage.pool import Connection
from kadens.stream.topics import RAW, TOPICS

from .row import Row
from .workloads import HOUR_MS, NOW_MS, WORKLOADS, Body, Workload, workouts

ROUNDS = 3  # measured ones, after one that warms up
REPORTS, EVERY_S = 60, 0.15
KEY = bytes(range(32))
COPY = "copy sample (patient, metric, source, record, time, value, revision) from stdin (format binary)"
COPIED_AT_ONCE = 96_000  # rows in a transaction of the baseline
FACTS_STORED = "select count(*) from fact"
DEADLINE_S = 240.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True, kw_only=True)
class Bench:
    """A log, a database and a worker between them."""

    dsn: str
    producer: Any
    numbers: list[int]
    processes: dict[str, int]  # name -> pid

    def append(self, connector: str, body: bytes, patient: str) -> None:
        """Append a body as the vendor door does."""
        sha = hashlib.sha256(body).hexdigest()
        said = Envelope(connector=connector, received_ms=NOW_MS, sha256=sha, size=len(body), patient=patient)
        self.producer.produce(RAW.name, body, key=sha, headers=said.headers())
        self.producer.poll(0)

    def count(self, query: str) -> int:
        """Return a count."""
        with psycopg.connect(self.dsn) as conn:
            return int((conn.execute(query.encode()).fetchone() or (0,))[0])

    def wait(self, query: str, wanted: int, every_s: float = 0.02) -> None:
        """Return once a count has reached `wanted`; TimeoutError after `DEADLINE_S`."""
        deadline = time.monotonic() + DEADLINE_S
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            while (row := conn.execute(query.encode()).fetchone()) is None or row[0] < wanted:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{query}: {row} of {wanted}")
                time.sleep(every_s)


def report(number: int) -> bytes:
    """Return a pain report that raises an alert, of one patient."""
    said = {
        "id": f"bench-{number}",
        "answered_at": rfc3339(NOW_MS - HOUR_MS),
        "instrument": "pain",
        "phase": "after",
        "value": 9,
        "scale": "nrs-0-10",
    }
    return json.dumps({"type": "report.created", "patient": f"bench-{number}", "report": said}).encode()


def _name(workload: Workload, patient: int) -> str:
    """Return a patient's pseudonym: each workload has its own, so that none tells what another told before."""
    return f"sends-{WORKLOADS.index(workload)}-{patient}"


async def _people(dsn: str) -> list[int]:
    """Add the patients: those of the workloads, `REPORTS` that report, and one for the baseline."""
    await migrate(dsn)
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        await people.add_unit(conn, "bench")
        names = [
            *(_name(one, n) for one in WORKLOADS for n in range(one.patients)),
            *(f"report-{n}" for n in range(REPORTS)),
            "copy",
        ]
        for name in names:
            await people.add_patient(conn, wrapping_key=KEY, unit="bench", zone="UTC", now_ms=0, pseudonym=name)
            for vendor in ("files", "reports", "open_wearables"):
                await people.give_consent(conn, name, vendor, from_ms=0, now_ms=0)
            profile = HeartProfile(valid_from=date(2026, 1, 1), birth_year=1960, hr_rest=60)
            await people.set_profile(conn, name, profile, 0)
        return [await people.patient_id(conn, name) for name in names]


@contextmanager
def _stage() -> Iterator[Bench]:
    with (
        TemporaryDirectory(prefix="kadens-bench-") as folder,
        temporary_postgres() as postgres,
        Kafka(Path(folder) / "kafka") as kafka,
    ):
        create_topics(kafka.address, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS})
        dsn = postgres.create_database("bench")
        numbers = asyncio.run(_people(dsn))
        secrets = Path(folder) / "secrets.toml"
        secrets.write_text(f'wrapping_key = "{KEY.hex()}"\n', encoding="utf-8")
        said = {
            "KADENS_KAFKA": kafka.address,
            "KADENS_DATABASE": dsn,
            "KADENS_BODIES": f"{folder}/bodies",
            "KADENS_CLOCK": f"fixed:{NOW_MS}",
            "KADENS_SECRETS_FILE": str(secrets),
        }
        argv = [sys.executable, "-m", "kadens", "worker"]
        worker = subprocess.Popen(argv, env={"PATH": os.environ["PATH"], **said})
        producer = Producer({"bootstrap.servers": kafka.address, "linger.ms": 5, "log_level": 0})
        try:
            yield Bench(dsn=dsn, producer=producer, numbers=numbers, processes=_processes(dsn, worker.pid))
        finally:
            worker.terminate()
            worker.wait()


def _processes(dsn: str, worker: int) -> dict[str, int]:
    with psycopg.connect(dsn) as conn:
        folder = (conn.execute("show data_directory").fetchone() or ("",))[0]
    return {"worker": worker, "postgres": int((Path(folder) / "postmaster.pid").read_text().split()[0])}


def _cpu(on: Bench) -> dict[str, float]:
    """Return the CPU seconds of each process and its children so far."""
    stats = [line.rpartition(")") for line in _stats()]
    spent = [
        (int(head.split()[0]), int(rest.split()[1]), sum(map(int, rest.split()[11:15]))) for head, _, rest in stats
    ]
    return {
        name: sum(ticks for pid, parent, ticks in spent if pid_ in {pid, parent}) / TICKS
        for name, pid_ in on.processes.items()
    }


def _stats() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            yield path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a workload: samples, seconds, seconds of the baseline, and CPU seconds by process."""

    rows: int
    seconds: float
    copied: float
    cpu: dict[str, float]


def _round(on: Bench, workload: Workload, number: int) -> Round:
    bodies = list(workload.bodies(workload.n, workload.patients, number * workload.n))
    before, there = _cpu(on), on.count(FACTS_STORED)
    begun = time.perf_counter()
    for body in bodies:
        on.append(body.connector, body.value, _name(workload, body.patient))
    on.wait(FACTS_STORED, there + sum(body.facts for body in bodies))
    took = time.perf_counter() - begun
    cpu = {name: spent - before[name] for name, spent in _cpu(on).items()}
    copied = asyncio.run(_copy(on, bodies, 10**9 * (1 + WORKLOADS.index(workload)) + number * 10**6))
    return Round(rows=sum(body.rows for body in bodies), seconds=took, copied=copied, cpu=cpu)


async def _copy(on: Bench, bodies: Sequence[Body], record: int) -> float:
    """Return the seconds of a binary COPY of the same rows, packed already, in the same partitions and key."""
    batches = list(_packed(on, bodies, record))
    async with await psycopg.AsyncConnection.connect(on.dsn, autocommit=True) as conn:
        begun = time.perf_counter()
        for data in batches:
            await _copy_one(conn, data)
        return time.perf_counter() - begun


async def _copy_one(conn: Connection, data: bytes) -> None:
    async with conn.transaction(), conn.cursor() as cursor, cursor.copy(COPY) as copy:
        await copy.write(data)


def _packed(on: Bench, bodies: Sequence[Body], record: int) -> Iterator[bytes]:
    """Yield transactions of the baseline: as many patients as send, and a record a body."""
    puts: list[samples.Put] = []
    for n, body in enumerate(bodies):
        of = on.numbers[-1] * 10_000 + body.patient
        puts += [
            samples.Put(series=(of, METRIC[name].id, 1, record + n), revision=0, t=t, v=v)
            for name, (t, v) in body.samples.items()
        ]
        if sum(len(put.t) for put in puts) >= COPIED_AT_ONCE or body is bodies[-1]:
            yield b"".join((COPY_HEAD, *(rows.tobytes() for rows in samples.pack(puts)), COPY_TAIL))
            puts = []


def _latencies(on: Bench, files_per_s: float) -> list[float]:
    """Return the seconds from each report's append to its alert, under files at `files_per_s`."""
    found: list[float] = []
    spare = workouts(10**6, WORKLOADS[0].patients, 10_000)
    due = time.perf_counter()
    for number in range(REPORTS):
        due += EVERY_S
        for _ in range(round(files_per_s * EVERY_S)):
            body = next(spare)
            on.append(body.connector, body.value, _name(WORKLOADS[0], body.patient))
        begun = time.perf_counter()
        _alert(on, number)
        found.append(time.perf_counter() - begun)
        time.sleep(max(due - time.perf_counter(), 0))
    return sorted(found)


def _alert(on: Bench, number: int) -> None:
    on.append("reports", report(number), f"report-{number}")
    on.wait(f"select count(*) from alert where patient = {on.numbers[number - REPORTS - 1]}", 1, 0.005)  # noqa: S608


def run() -> list[Row]:
    """Return the figures; none where Apache Kafka cannot run."""
    if kafka_available() is not None:
        return []
    with _stage() as on:
        rounds = [{one.name: _round(on, one, number) for one in WORKLOADS} for number in range(ROUNDS + 1)][1:]
        found = {one.name: [each[one.name] for each in rounds] for one in WORKLOADS}
        files = found[WORKLOADS[0].name]
        late = _latencies(on, WORKLOADS[0].n / statistics.median(one.seconds for one in files) / 2)
    return [*(row for name, of in found.items() for row in _figures(name, of)), *_waits(late)]


def _figures(name: str, rounds: Sequence[Round]) -> Iterator[Row]:
    rows = rounds[0].rows
    limit = rows / statistics.median(one.copied for one in rounds)
    yield Row(
        name=f"pipeline, {name}",
        value=rows / statistics.median(one.seconds for one in rounds),
        unit="samples/s",
        baseline=f"binary COPY of the same rows into the same table and key, {limit:,.0f} samples/s",
        ratio=statistics.median(one.copied / one.seconds for one in rounds),
        floor=0.4,
        goal=0.7,
    )
    for process in rounds[0].cpu:
        yield Row(
            name=f"  of {process}",
            value=rows / statistics.median(one.cpu[process] for one in rounds),
            unit="samples/CPU-s",
            baseline="",
        )


def _waits(late: Sequence[float]) -> Iterator[Row]:
    found = {"p99": late[min(round(len(late) * 0.99), len(late) - 1)], "p50": statistics.median(late)}
    for name, seconds in found.items():
        yield Row(
            name=f"alert, report on the log to alert, {name}",
            value=seconds * 1000,
            unit="ms",
            baseline="2 s, at half the speed above",
            ratio=2.0 / seconds,
            floor=1.0,
            goal=4.0,
        )


def main() -> None:
    """Print the figures."""
    for row in run():
        bounds = "" if row.floor is None or row.goal is None else f"  floor {row.floor:g} goal {row.goal:g}"
        ratio = "" if row.ratio is None else f"  {row.ratio:6.2f}x{bounds}"
        print(f"{row.name:46} {row.value:12,.0f} {row.unit}{ratio}")
        if row.baseline:
            print(f"{'':46} baseline: {row.baseline}")


if __name__ == "__main__":
    main()
