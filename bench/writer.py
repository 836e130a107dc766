"""The writer against a bare binary COPY of the same rows into the same table.

The writer takes facts as they come off the log (2,400-sample workout blocks at 1 Hz) and commits
rows. The baseline gets its rows packed already.

`run(dsn)` wants a migrated database and leaves its rows there. `python -m bench.writer DSN` prints
the figures, and without DSN it starts a PostgreSQL of its own.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from hashlib import sha256
from itertools import chain

import numpy as np
from psycopg import AsyncConnection

from bench.loads import NOW_MS
from bench.row import Row
from kadens.embedded.postgres import temporary_postgres
from model.facts import AttributedFact, Head, Joining, SampleBlock, Source, Workout
from model.keyring import KeyRing
from model.metrics import METRIC
from storage.facts import samples
from storage.facts.writer import write_facts
from storage.people import care_team, patients
from storage.pg.binary_columns import COLUMNS, COPY_HEAD, COPY_TAIL
from storage.pg.migrate import migrate
from storage.pg.pool import Connection

_METRICS = ("heart_rate", "cadence", "speed", "altitude")
_SAMPLES = 2_400
WORKOUTS = 10  # a batch: 10 workouts of 4 series, 96,000 samples
ROUNDS = 16
_DAY_MS = 86_400_000
_RECEIVED = NOW_MS
_T0 = _RECEIVED - 30 * _DAY_MS  # what is later than its receipt would be refused
_SOURCE = Source(vendor="files", device="bench")
_COPY = f"copy sample ({', '.join(COLUMNS)}) from stdin (format binary)"


def batch(patient: str, number: int, joining: Joining = Joining.RECORD) -> list[AttributedFact]:
    """Return a batch of facts of a patient, at instants of its own."""
    first, body = number * WORKOUTS, sha256(b"body").hexdigest()
    facts = chain.from_iterable(_workout(first + n, joining) for n in range(WORKOUTS))
    return [
        AttributedFact(
            patient=patient, connector="files", received_ms=_RECEIVED, body=body, fact=fact
        )
        for fact in facts
    ]


def _workout(number: int, joining: Joining) -> list[Workout | SampleBlock]:
    chance = np.random.default_rng(number)
    start = _T0 + number * 3_600_000
    end = start + _SAMPLES * 1000
    t = np.arange(start, end, 1000, dtype=np.int64)
    head = Head(
        source=_SOURCE, record=f"bench:{number}", start_ms=start, end_ms=end, offset_min=120
    )
    blocks = [
        SampleBlock(
            head=head,
            metric=metric,
            t=t,
            v=chance.integers(60, 180, _SAMPLES).astype(float),
            joining=joining,
        )
        for metric in _METRICS
    ]
    return [Workout(head=head, type="running"), *blocks]


def packed(attributed_facts: list[AttributedFact], patient: int, number: int) -> bytes:
    """Return the rows of a batch as the writer would send them, for another patient."""
    blocks = [fact.fact for fact in attributed_facts if isinstance(fact.fact, SampleBlock)]
    puts = []
    for n, block in enumerate(blocks):
        record = number * WORKOUTS + n // len(_METRICS)
        series = (patient, METRIC[block.metric].id, 1, record)
        puts.append(samples.Put(series=series, revision=0, t=block.t, v=block.v))
    return b"".join((COPY_HEAD, *(rows.tobytes() for rows in samples.pack(puts)), COPY_TAIL))


async def _timed(conn: Connection, work: Callable[[], Coroutine[object, object, object]]) -> float:
    begun = time.perf_counter()
    async with conn.transaction():
        await work()
    return time.perf_counter() - begun


async def _copy(conn: Connection, data: bytes) -> None:
    async with conn.cursor() as cursor, cursor.copy(_COPY) as copy:
        await copy.write(data)


async def _measure(dsn: str, rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"writer": [], "copy": [], "again": []}
    async with await AsyncConnection.connect(dsn, autocommit=True) as conn:
        await care_team.add_unit(conn, "bench")
        two = [
            await patients.add_patient(
                conn, wrapping_key=KeyRing.single(bytes(32)), unit="bench", zone="UTC", now_ms=0
            )
            for _ in "ab"
        ]
        for number in range(rounds + 1):
            mine, other = two[
                :: 1 if number % 2 else -1
            ]  # in turns: the last key of an index is the fastest
            reported = batch(mine, number)
            data = packed(reported, await patients.patient_id(conn, other), number)
            await samples.make_partitions(conn, _puts(reported))
            turns = {
                "writer": lambda facts=reported: write_facts(conn, facts),
                "copy": lambda data=data: _copy(conn, data),
            }
            for name in sorted(turns, reverse=number // 2 % 2 == 0):
                seconds[name].append(await _timed(conn, turns[name]))
            seconds["again"].append(await _timed(conn, turns["writer"]))
    return {name: taken[1:] for name, taken in seconds.items()}  # the first round warms up


def _puts(attributed_facts: list[AttributedFact]) -> list[samples.Put]:
    blocks = [fact.fact for fact in attributed_facts if isinstance(fact.fact, SampleBlock)]
    return [samples.Put(series=(0, 0, 0, 0), revision=0, t=f.t, v=f.v) for f in blocks]


def run(dsn: str, rounds: int = ROUNDS) -> list[Row]:
    """Return the figures: medians of the interleaved rounds, after a warm-up round."""
    seconds = asyncio.run(_measure(dsn, rounds))
    n = WORKOUTS * len(_METRICS) * _SAMPLES
    ratio = statistics.median(
        c / w for c, w in zip(seconds["copy"], seconds["writer"], strict=True)
    )
    again = statistics.median(
        w / a for w, a in zip(seconds["writer"], seconds["again"], strict=True)
    )
    copied = n / statistics.median(seconds["copy"])
    return [
        Row(
            name="writer, facts in, rows committed",
            value=n / statistics.median(seconds["writer"]),
            unit="samples/s",
            baseline="binary COPY of the same rows into the same table and key, "
            f"{copied:,.0f} samples/s",
            ratio=ratio,
            floor=0.85,
            goal=0.95,
        ),
        Row(
            name="writer, the same facts sent again",
            value=n / statistics.median(seconds["again"]),
            unit="samples/s",
            baseline="the first write of the same facts",
            ratio=again,
            floor=5.0,
            goal=10.0,
        ),
    ]


def _main() -> None:
    """Print the figures."""
    if len(sys.argv) > 1:
        rows = run(sys.argv[1])
    else:
        with temporary_postgres(durable=True) as server:
            dsn = server.create_database("bench")
            asyncio.run(migrate(dsn))
            rows = run(dsn)
    for row in rows:
        print(
            f"{row.name:36} {row.value:12,.0f} {row.unit}  {row.ratio:6.2f}x  floor "
            f"{row.floor:g} goal {row.goal:g}"
        )
        print(f"{'':36} baseline: {row.baseline}")


if __name__ == "__main__":
    _main()
