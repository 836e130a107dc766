"""The cost of a block after histories of a day, a year and five years, and for many patients.

The numbers of patients go from 10 to 1,000. Runs of one block (an hour of heart rate a minute) and
of one day (24 such blocks) go through the derive step, size after size, round by round. The limit
is on the cheapest against the dearest, so that no cost may grow with history. At the end a few
facts touch every day of the longest history, as those of an export do: then the memory is measured.
"""

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import product
from operator import truediv

from bench.derived import Deriver, deriver, heart_block, workout_facts
from bench.processes import forget_peak, peak_mib
from bench.row import Row
from kadens.embedded.postgres import Postgres, temporary_postgres
from model.calendar import DAY_MS, MINUTE_MS
from model.facts import Fact

START_MS = 1_767_225_600_000  # 2026-01-01T00:00Z: before it lies the history, from it on the rounds
BLOCK_MIN, HOURS = 60, 24
DAYS_AT_ONCE = 30  # of history in a run
TWICE_A_WEEK = (1, 4)  # days with a workout, counted from a Thursday
WITHIN, _GOAL = 1 / 1.2, 1 / 1.1
_MOST_MIB, PER_BATCH = 16, 300  # more memory than before; facts in a batch
PEERS_AT_ONCE = 25  # patients of one day's history in a run


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """Days of history, numbers of patients, and rounds after a warm-up round."""

    days: tuple[int, ...] = (1, 365, 1826)
    patients: tuple[int, ...] = (10, 100, 1000)
    rounds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A size that is compared with others: its database, and whose facts are next."""

    name: str
    on: Deriver
    people: Sequence[str]

    def turn(self, number: int) -> tuple[str, int]:
        """Return whose turn it is in a round, and the first instant after their earlier days."""
        return self.people[number % len(self.people)], START_MS + number // len(
            self.people
        ) * DAY_MS


FULL = _Size()
TINY = _Size(days=(1, 3), patients=(1, 2), rounds=2)


def run(size: _Size) -> list[Row]:
    """Return the figures of both growths."""
    with temporary_postgres(durable=True) as server:
        return asyncio.run(_run(server, size))


async def _run(server: Postgres, size: _Size) -> list[Row]:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(deriver(server, "history", len(size.days)))
        histories = [await _history(on, n, days) for n, days in enumerate(size.days)]
        rows = await _compared("history of", histories, size.rounds)
        rows.append(await _wide(histories[-1], size.days[-1]))
    async with AsyncExitStack() as stack:
        crowds = []
        for count in size.patients:
            on = await stack.enter_async_context(deriver(server, f"crowd_{count}", count))
            crowds.append(await _crowd(on, count))
        return rows + await _compared("worker with", crowds, size.rounds)


async def _history(on: Deriver, number: int, days: int) -> _Case:
    """Derive the days before `START_MS` of a patient."""
    patient = on.people[number]
    for ago in range(days, 0, -DAYS_AT_ONCE):
        facts: list[Fact] = []
        for day in range(ago, max(ago - DAYS_AT_ONCE, 0), -1):
            facts += _day(START_MS - day * DAY_MS)
        await on.derive([(patient, fact) for fact in facts])
    await on.checkpoint()
    return _Case(name=_days(days), on=on, people=[patient])


async def _crowd(on: Deriver, count: int) -> _Case:
    """Derive the day before `START_MS` of all patients."""
    for first in range(0, count, PEERS_AT_ONCE):
        some = on.people[first : first + PEERS_AT_ONCE]
        day = list(_day(START_MS - DAY_MS))
        await on.derive(list(product(some, day)))
    await on.checkpoint()
    return _Case(name=f"{count:,} patients", on=on, people=on.people)


async def _wide(case: _Case, days: int) -> Row:
    """Return the memory that it takes to derive facts of every day of a history anew."""
    (patient,) = case.people
    forget_peak()
    before = peak_mib()
    for first in range(0, days, PER_BATCH):
        facts: list[tuple[str, Fact]] = []
        for day in range(first, min(first + PER_BATCH, days)):
            at_ms = START_MS - (day + 1) * DAY_MS + MINUTE_MS // 2
            facts.append((patient, heart_block(at_ms, 1)))
        await case.on.derive(facts)
    more = max(peak_mib() - before, 1.0)
    return Row(
        name=f"history of {case.name}: memory to derive every day of it anew",
        value=more,
        unit="MiB",
        baseline=f"{_MOST_MIB} MiB, however many days",
        ratio=_MOST_MIB / more,
        floor=1.0,
    )


def _day(day_ms: int) -> Iterator[Fact]:
    yield heart_block(day_ms, HOURS * BLOCK_MIN)
    if day_ms // DAY_MS % 7 in TWICE_A_WEEK:
        yield workout_facts(day_ms)


async def _compared(what: str, cases: Sequence[_Case], rounds: int) -> list[Row]:
    """Return the rows of all cases, which take turns.

    They are the latency of a block, and the cost of a sample in a day of blocks.
    """
    block: dict[str, list[float]] = {case.name: [] for case in cases}
    day: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        start = number % len(cases)  # each is as often the first as it is the last
        for case in (*cases[start:], *cases[:start]):
            patient, first = case.turn(number)
            hours = [
                heart_block(first + hour * BLOCK_MIN * MINUTE_MS, BLOCK_MIN)
                for hour in range(HOURS)
            ]
            item = await case.on.derive([(patient, hours[0])])
            rest = await case.on.derive([(patient, hour) for hour in hours[1:]])
            if number:  # the first round warms up
                block[case.name].append(item * 1e3)
                day[case.name].append(rest * 1e6 / (HOURS - 1) / BLOCK_MIN)
    return [
        *_rows(f"{what} %s: a block of 60 samples", "ms", block),
        *_rows(f"{what} %s: a sample", "us", day),
    ]


def _rows(name: str, unit: str, values: dict[str, list[float]]) -> list[Row]:
    """Return a row for each case, and a row for the cheapest against the dearest."""
    each = [
        Row(name=name % case, value=statistics.median(f), unit=unit, baseline="none")
        for case, f in values.items()
    ]
    relative = _relative(values)
    low, high = min(relative, key=relative.__getitem__), max(relative, key=relative.__getitem__)
    within = Row(
        name=name % ", ".join(values),
        value=relative[high] / relative[low],
        unit="times",
        baseline=f"the cheapest ({low}) against the dearest ({high}), "
        "each to the mean of its round",
        ratio=relative[low] / relative[high],
        floor=WITHIN,
        goal=_GOAL,
    )
    return [*each, within]


def _relative(values: dict[str, list[float]]) -> dict[str, float]:
    """Return each case's median ratio of its time to the mean of the same round.

    A disturbance of a round disturbs all of its cases alike.
    """
    means = list(map(statistics.mean, zip(*values.values(), strict=True)))
    relative = {}
    for case, times in values.items():
        relative[case] = statistics.median(map(truediv, times, means))
    return relative


def _days(days: int) -> str:
    years = round(days / 365)
    return (
        f"{years} year{'s' if years > 1 else ''}"
        if years
        else f"{days} day{'s' if days > 1 else ''}"
    )
