"""The full pipeline against a bare binary COPY of the same rows, in an interleaved run.

The clock runs from the first payload at the vendor door, which is a process of its own, until every
fact is stored and every session derived. Then the stored rows are copied again for patients that
nobody has. Each round is a day of its own, so nothing comes twice. A round has about a million
rows: a shorter round would measure how the parts start and run dry. Without Apache Kafka there are
no figures, because the mock forgets what it cannot hold.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bench.copying import copied
from bench.loads import Load, background, day_of, deliveries, mixed, workouts
from bench.processes import cpu_seconds
from bench.row import Row
from bench.stage import Stage, stage
from model.calendar import DAY_MS
from simulate.cohort import Person
from simulate.delivery import Delivery

_DOOR, LOG = "door", "log"
_FLOOR, _GOAL = 0.4, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """How much is measured: `loads`, rounds after a warm-up round, and workers."""

    loads: tuple[Load, ...]
    rounds: int = 3
    workers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to send a workload: it is called `name` in the table and goes in through `entry`."""

    load: Load
    entry: str
    name: str
    people: Sequence[Person]


@dataclass(slots=True, kw_only=True)
class Measured:
    """What the rounds of a way took.

    These are seconds of the pipeline and of the COPY, rows, and CPU-seconds by process.
    """

    took: list[float] = field(default_factory=list)
    copied: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)


FULL = _Size(
    loads=(
        Load(name="workouts", body="1 Hz, 40 min, 4 metrics, FIT", patients=120, make=workouts),
        Load(
            name="background days",
            body="1 min heart rate of a day",
            patients=800,
            make=background(hours=24),
        ),
        # without a floor: 60 samples a body show what a body costs, and COPY has no bodies
        Load(
            name="background hours",
            body="1 min heart rate of an hour",
            patients=120,
            make=background(hours=1, last=6),
            bound=False,
        ),
        Load(
            name="mixed days", body="4 syncs of 6 h, half with a workout", patients=190, make=mixed
        ),
    )
)
TINY = _Size(
    loads=(
        Load(name="workouts", patients=2, make=workouts),
        Load(name="days", patients=2, make=background(hours=24)),
        Load(name="mixed", patients=2, make=mixed),
    ),
    rounds=1,
)


def run(size: _Size) -> list[Row]:
    """Return the figures of all workloads, and of the first also without the door."""
    patients = sum(load.patients for load in size.loads) + size.loads[0].patients
    # `maintain` vacuums between the rounds: autovacuum would fall into some of them
    with stage(patients, size.workers, settings={"autovacuum": "off"}) as on:
        measurements = [(way, _measured(on, way, size.rounds)) for way in _ways(on, size)]
    rows: list[Row] = []
    for way, measured in measurements:
        rows += _rows(way, measured, size)
    return rows


def _ways(on: Stage, size: _Size) -> list[Way]:
    """Return all workloads, each with people of its own; the first also without the door."""
    plan = [*((load, _DOOR) for load in size.loads), (size.loads[0], LOG)]
    ways, start = [], 0
    for load, entry in plan:
        there = on.people.people[start : start + load.patients]
        ways.append(
            Way(load=load, entry=entry, name=f"from the {entry}, {load.name}", people=there)
        )
        start += load.patients
    return ways


def _measured(on: Stage, way: Way, rounds: int) -> Measured:
    measured = Measured()
    for number in range(rounds + 1):
        day = day_of(number)
        sent = deliveries(way.load.make, on.people, way.people, day)
        on.maintain()
        before = cpu_seconds()
        took = _timed(on, {_DOOR: on.post, LOG: on.append}[way.entry], sent)
        after = cpu_seconds()
        rows, copying = asyncio.run(copied(on.dsn, on.of(way.people), day, day + DAY_MS))
        if number:  # the first round warms up
            measured.took.append(took)
            measured.copied.append(copying)
            measured.rows.append(rows)
            for name, seconds in after.items():
                measured.cpu[name] = measured.cpu.get(name, 0.0) + seconds - before.get(name, 0.0)
    return measured


def _timed(
    on: Stage, send: Callable[[Iterable[Delivery]], None], sent: Sequence[Delivery]
) -> float:
    """Return the seconds from the first body to the last derived session."""
    begun = time.perf_counter()
    send(sent)
    on.settle()
    return time.perf_counter() - begun


def _rows(way: Way, value: Measured, size: _Size) -> list[Row]:
    speed = statistics.median(n / took for n, took in zip(value.rows, value.took, strict=True))
    limit = statistics.median(n / took for n, took in zip(value.rows, value.copied, strict=True))
    row = Row(
        name=f"pipeline {way.name}" + f" ({way.load.body})" * bool(way.load.body),
        value=speed,
        unit="samples/s",
        baseline=f"binary COPY of the same {value.rows[0]:,} rows, {limit:,.0f} samples/s; "
        f"workers: {size.workers}",
        ratio=statistics.median(
            copy / took for copy, took in zip(value.copied, value.took, strict=True)
        ),
        floor=_FLOOR if way.entry == _DOOR and way.load.bound else None,
        goal=_GOAL if way.entry == _DOOR and way.load.bound else None,
    )
    return [
        row,
        *(_cpu_row(way, value, name) for name, seconds in value.cpu.items() if seconds > 0),
    ]


def _cpu_row(way: Way, value: Measured, name: str) -> Row:
    seconds = value.cpu[name]
    return Row(
        name=f"  {name}, {way.name}",
        value=sum(value.rows) / seconds,
        unit="samples/CPU-s",
        baseline=f"{seconds / sum(value.took):.2f} cores busy, "
        f"{seconds / len(value.took):.2f} CPU-s a round",
    )
