"""The cost of storing known facts again, against the first time.

Facts go from the log to derived rows.

The same offsets again (a redelivery) end at the account of offsets. The same facts at new offsets
(a vendor that sends again) end at the writer, which recognises them. The facts are workouts at 1
Hz, and blocks of heart rate a minute of many patients.
"""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench import writer
from bench.derived import Deriver, deriver, heart_block
from bench.growth import BLOCK_MIN, START_MS
from bench.row import Row
from kadens.embedded.postgres import Postgres, temporary_postgres
from model.calendar import DAY_MS
from model.facts import Fact

Facts: TypeAlias = Sequence[tuple[str, Fact]]
_FLOOR, _GOAL = 5.0, 20.0
# A redelivery takes about a millisecond, which a single time does not measure.
_REDELIVERIES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """The number of patients with a block each in a run, and of rounds after a warm-up round."""

    patients: int = 100
    rounds: int = 5


FULL = _Size()
TINY = _Size(patients=2, rounds=1)


def run(size: _Size) -> list[Row]:
    """Return the figures."""
    with temporary_postgres(durable=True) as server:
        return asyncio.run(_run(server, size))


async def _run(server: Postgres, size: _Size) -> list[Row]:
    rows: list[Row] = []
    for name, make in _RUNS.items():
        async with deriver(server, f"again_{len(rows)}", size.patients) as on:
            rows += await _measured(on, name, make, size.rounds)
    return rows


async def _measured(
    on: Deriver, name: str, make: Callable[[Sequence[str], int], Facts], rounds: int
) -> list[Row]:
    first, skipped, known = [], [], []
    for number in range(rounds + 1):
        facts = make(on.people, number)
        first.append(await on.derive(facts))
        skipped.append(await _redelivered(on))
        known.append(await on.derive(facts))
    ways = {"delivered again": skipped[1:], "sent again": known[1:]}  # the first round warms up
    return [_row(f"run of {name} {way}", first[1:], again) for way, again in ways.items()]


async def _redelivered(on: Deriver) -> float:
    """Return the median seconds of several redeliveries of the last run."""
    took = [await on.again() for _ in range(_REDELIVERIES)]
    return statistics.median(took)


def _row(name: str, first: Sequence[float], again: Sequence[float]) -> Row:
    return Row(
        name=name,
        value=statistics.median(again) * 1e3,
        unit="ms",
        baseline=f"the first time, {statistics.median(first) * 1e3:,.0f} ms",
        ratio=statistics.median(f / a for f, a in zip(first, again, strict=True)),
        floor=_FLOOR,
        goal=_GOAL,
    )


def _workouts(people: Sequence[str], number: int) -> Facts:
    return [(reported.patient, reported.fact) for reported in writer.batch(people[0], number)]


def _background(people: Sequence[str], number: int) -> Facts:
    return [(patient, heart_block(START_MS + number * DAY_MS, BLOCK_MIN)) for patient in people]


_RUNS: dict[str, Callable[[Sequence[str], int], Facts]] = {
    "1 Hz workouts": _workouts,
    "1 min background": _background,
}
