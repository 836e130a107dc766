"""The whole pipeline against a bare binary COPY of the same rows, and how long a body takes to become an alert.

FIT files of 40 minutes at 1 Hz are appended to `kadens.raw`; the clock runs until their samples are committed and
their sessions derived by one real worker on Apache Kafka. Then pain reports come in one by one, while files come in
at half the speed just measured. Without Apache Kafka there are no figures: the mock forgets what it cannot hold.
`python -m bench.pipeline` prints the rows.
"""

import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
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
from kadens.simulate.fit_writer import Recording, write_activity
from kadens.storage import people, samples
from kadens.storage.columns import COPY_HEAD, COPY_TAIL
from kadens.storage.migrate import migrate
from kadens.storage.pool import Connection
from kadens.stream.topics import RAW, TOPICS

from .row import Row

PATIENTS, FILES, WARM = 8, 240, 16
SECONDS = 2_400
METRICS = ("heart_rate", "cadence", "speed", "altitude")
REPORTS, EVERY_S = 60, 0.15
KEY = bytes(range(32))
COPY = "copy sample (patient, metric, source, record, time, value, revision) from stdin (format binary)"
COPIED_AT_ONCE = 10  # files in a transaction of the baseline: 96,000 rows
NOW_MS = 1_788_220_800_000  # 2026-09-01T00:00Z
HOUR_MS = 3_600_000
DEADLINE_S = 240.0


@dataclass(slots=True, kw_only=True)
class Bench:
    """A log, a database and a worker between them."""

    dsn: str
    producer: Any
    numbers: list[int]

    def append(self, connector: str, body: bytes, patient: str) -> None:
        """Append a body as the vendor door does."""
        sha = hashlib.sha256(body).hexdigest()
        said = Envelope(connector=connector, received_ms=NOW_MS, sha256=sha, size=len(body), patient=patient)
        self.producer.produce(RAW.name, body, key=sha, headers=said.headers())
        self.producer.poll(0)

    def wait(self, query: str, wanted: int, every_s: float = 0.02) -> None:
        """Return once a count has reached `wanted`; TimeoutError after `DEADLINE_S`."""
        deadline = time.monotonic() + DEADLINE_S
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            while (row := conn.execute(query.encode()).fetchone()) is None or row[0] < wanted:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{query}: {row} of {wanted}")
                time.sleep(every_s)


def fit(number: int) -> bytes:
    """Return one file: of patient `number` modulo `PATIENTS`, two hours after that patient's last one."""
    chance = np.random.default_rng(number)
    start = NOW_MS - (1 + number // PATIENTS) * 2 * HOUR_MS
    return write_activity(
        Recording(
            start_ms=start,
            end_ms=start + SECONDS * 1000,
            sport="running",
            sub_sport=0,
            offset_min=120,
            t=start + np.arange(SECONDS, dtype=np.int64) * 1000,
            columns={
                "heart_rate": chance.integers(90, 170, SECONDS).astype(np.float64),
                "cadence": chance.integers(70, 90, SECONDS).astype(np.float64),
                "speed": np.round(chance.uniform(2, 4, SECONDS), 3),
                "altitude": np.round(chance.uniform(10, 60, SECONDS), 1),
            },
            product=3076,
            serial=3_900_000_000 + number % PATIENTS,
            strap=False,
        )
    )


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


async def _people(dsn: str) -> list[int]:
    """Add the patients: `PATIENTS` that send files, `REPORTS` that report, and one for the baseline."""
    await migrate(dsn)
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        await people.add_unit(conn, "bench")
        names = [*(f"file-{n}" for n in range(PATIENTS)), *(f"report-{n}" for n in range(REPORTS)), "copy"]
        for name in names:
            await people.add_patient(conn, wrapping_key=KEY, unit="bench", zone="UTC", now_ms=0, pseudonym=name)
            for vendor in ("files", "reports"):
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
            yield Bench(dsn=dsn, producer=producer, numbers=numbers)
        finally:
            worker.terminate()
            worker.wait()


def _throughput(on: Bench) -> float:
    """Return the seconds from the first appended file to the last derived session."""
    files = [fit(number) for number in range(WARM + FILES)]
    for number, body in enumerate(files[:WARM]):
        on.append("files", body, f"file-{number % PATIENTS}")
    on.wait("select count(*) from session", WARM)
    begun = time.perf_counter()
    for number, body in enumerate(files[WARM:], WARM):
        on.append("files", body, f"file-{number % PATIENTS}")
    on.wait("select count(*) from session", WARM + FILES)
    return time.perf_counter() - begun


async def _copy(on: Bench) -> float:
    """Return the seconds of a binary COPY of the same rows, packed already, in the same partitions and key."""
    batches = [_packed(on.numbers[-1], first) for first in range(WARM, WARM + FILES, COPIED_AT_ONCE)]
    async with await psycopg.AsyncConnection.connect(on.dsn, autocommit=True) as conn:
        begun = time.perf_counter()
        for data in batches:
            await _copy_one(conn, data)
        return time.perf_counter() - begun


async def _copy_one(conn: Connection, data: bytes) -> None:
    async with conn.transaction(), conn.cursor() as cursor, cursor.copy(COPY) as copy:
        await copy.write(data)


def _packed(patient: int, first: int) -> bytes:
    puts = []
    for number in range(first, min(first + COPIED_AT_ONCE, WARM + FILES)):
        start = NOW_MS - (1 + number // PATIENTS) * 2 * HOUR_MS
        t = start + np.arange(SECONDS, dtype=np.int64) * 1000
        v = np.random.default_rng(number).uniform(60, 180, SECONDS)
        puts += [samples.Put(series=(patient, METRIC[m].id, 1, 10**9 + number), revision=0, t=t, v=v) for m in METRICS]
    return b"".join((COPY_HEAD, *(rows.tobytes() for rows in samples.pack(puts)), COPY_TAIL))


def _latencies(on: Bench, files_per_s: float) -> list[float]:
    """Return the seconds from each report's append to its alert, under files at `files_per_s`."""
    found: list[float] = []
    spare: Iterator[int] = iter(range(WARM + FILES, 10**6))
    due = time.perf_counter()
    for number in range(REPORTS):
        due += EVERY_S
        for _ in range(round(files_per_s * EVERY_S)):
            place = next(spare)
            on.append("files", fit(place), f"file-{place % PATIENTS}")
        begun = time.perf_counter()
        _alert(on, number)
        found.append(time.perf_counter() - begun)
        time.sleep(max(due - time.perf_counter(), 0))
    return sorted(found)


def _alert(on: Bench, number: int) -> None:
    on.append("reports", report(number), f"report-{number}")
    on.wait(f"select count(*) from alert where patient = {on.numbers[PATIENTS + number]}", 1, 0.005)  # noqa: S608


def run() -> list[Row]:
    """Return the figures; none where Apache Kafka cannot run."""
    if kafka_available() is not None:
        return []
    rows = FILES * SECONDS * len(METRICS)
    with _stage() as on:
        took = _throughput(on)
        copied = asyncio.run(_copy(on))
        late = _latencies(on, FILES / took / 2)
    middle, p99 = statistics.median(late), late[min(round(len(late) * 0.99), len(late) - 1)]
    return [
        Row(
            name="pipeline, body on the log to derived session",
            value=rows / took,
            unit="samples/s",
            baseline=f"binary COPY of the same rows into the same table and key, {rows / copied:,.0f} samples/s",
            ratio=copied / took,
            floor=0.2,
            goal=0.7,
        ),
        Row(
            name="alert, report on the log to alert, p99",
            value=p99 * 1000,
            unit="ms",
            baseline="2 s, at half the speed above",
            ratio=2.0 / p99,
            floor=1.0,
            goal=4.0,
        ),
        Row(
            name="alert, report on the log to alert, p50",
            value=middle * 1000,
            unit="ms",
            baseline="2 s, at half the speed above",
            ratio=2.0 / middle,
        ),
    ]


def main() -> None:
    """Print the figures."""
    for row in run():
        bounds = "" if row.floor is None or row.goal is None else f"  floor {row.floor:g} goal {row.goal:g}"
        print(f"{row.name:46} {row.value:12,.0f} {row.unit}  {row.ratio or 0:6.2f}x{bounds}")
        print(f"{'':46} baseline: {row.baseline}")


if __name__ == "__main__":
    main()
