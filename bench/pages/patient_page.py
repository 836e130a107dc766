"""The pages of a patient of a year: the server's time for each, and how many statements it takes.

The patient has the heart rate of every minute of the year, three workouts a week and two answers
about pain a day. The door runs in this process without a socket, over an embedded PostgreSQL.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Self

import httpx2
import psycopg

from bench.derived import Deriver, deriver, heart_block, workout_facts
from bench.loads import NOW_MS
from bench.row import Row
from clinic.app import create_app
from clinic.config import ClinicConfig
from kadens.embedded.postgres import temporary_postgres
from model.calendar import DAY_MS, HOUR_MS, local_date
from model.facts import DeviceType, Fact, Head, Instrument, Method, Phase, Report, Source
from model.prescription import Intensity, Prescription
from stream.deriving import patient_inputs
from web.sign_in.identity import Identity

FULL_DAYS, TINY_DAYS = 364, 28
_ROUNDS = 15
_GOAL_MS = 300.0  # of the server, for a patient of a year
_WHO = Identity(subject="bench", name="Bench", care_unit="bench")
_PERSON = Source(vendor="reports", app="bench", device_type=DeviceType.PERSON, method=Method.MANUAL)
_TRAINED = (0, 2, 4)  # weekdays
_PAGES = {"page": "", "summary": "/summary", "summary as PDF": "/summary.pdf"}


def run_patient_page(days: int) -> list[Row]:
    """Return the figures for a patient of so many days."""
    return asyncio.run(_measured(days))


async def _measured(days: int) -> list[Row]:
    with temporary_postgres() as server:
        async with deriver(server, "bench", 1) as made:
            await _live(made, days)
            await made.checkpoint()
            return await _pages_of(server.dsn("bench"), made.people[0], days)


async def _live(made: Deriver, days: int) -> None:
    """Store the year of the patient, a day at a time as it would arrive."""
    name = made.people[0]
    first_ms = NOW_MS // DAY_MS * DAY_MS - days * DAY_MS
    async with made.parts.pool.connection() as conn:
        await patient_inputs.prescribe(
            conn, name, _prescription(local_date(first_ms, "UTC")), first_ms
        )
    for number in range(days):
        facts = [(name, fact) for fact in _of_day(first_ms + number * DAY_MS)]
        await made.derive(facts)


def _of_day(day_ms: int) -> Iterator[Fact]:
    yield heart_block(day_ms, 1440)
    if local_date(day_ms, "UTC").weekday() in _TRAINED:
        yield workout_facts(day_ms)
    yield _pain(day_ms + 7 * HOUR_MS, Phase.BEFORE, 2 + day_ms // DAY_MS % 3)
    yield _pain(day_ms + 20 * HOUR_MS, Phase.AFTER, 3 + day_ms // DAY_MS % 4)


def _pain(at_ms: int, phase: Phase, value: int) -> Report:
    head = Head(source=_PERSON, record=f"pain:{at_ms}", start_ms=at_ms, end_ms=at_ms)
    return Report(
        head=head, instrument=Instrument.PAIN, phase=phase, value=float(value), scale="nrs-0-10"
    )


def _prescription(first: date) -> Prescription:
    return Prescription(
        id="bench",
        version=1,
        valid_from=first,
        valid_to=first + timedelta(days=2 * FULL_DAYS),
        sessions_per_week=3,
        minutes_per_session=40,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
        dose_min_per_week=120,
        prescriber="Bench",
    )


async def _pages_of(dsn: str, name: str, days: int) -> list[Row]:
    app = create_app(ClinicConfig(database=dsn, identify=lambda _: _WHO, clock=lambda: NOW_MS))
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        listed = await client.get(f"/api/v1/patients/{name}/sessions?limit=1")
        session = listed.raise_for_status().json()["sessions"][0]["id"]
        pages = {**_PAGES, "session": f"/sessions/{session}"}
        rows: list[Row] = []
        for what, path in pages.items():
            rows.append(await _figure(client, f"/patients/{name}{path}", (what, days)))
        return rows


async def _figure(client: httpx2.AsyncClient, path: str, span: tuple[str, int]) -> Row:
    what, days = span
    await client.get(path)  # the first one reads the templates
    seconds: list[float] = []
    size = 0
    with CountedStatements() as counted:
        for _ in range(_ROUNDS):
            begun = time.perf_counter()
            answer = await client.get(path)
            seconds.append(time.perf_counter() - begun)
            size = len(answer.raise_for_status().content)
    took = statistics.median(seconds) * 1000
    statements = counted.statements / _ROUNDS
    return Row(
        name=f"patient of {days} days: {what}",
        value=took,
        unit="ms",
        baseline=f"{_GOAL_MS:.0f} ms; {statements:.0f} statements, {size / 1000:.0f} kB",
        ratio=_GOAL_MS / took,
        # No floor: a figure in ms falls with whatever else the machine does.
        goal=1.0,
    )


class CountedStatements:
    """Counts the statements of the block."""

    def __init__(self) -> None:
        self.statements = 0
        self._execute: Any = psycopg.AsyncCursor.execute

    def __enter__(self) -> Self:
        execute = self._execute

        async def counting(cursor: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - as it is
            self.statements += 1
            return await execute(cursor, *more, **named)

        # put back at the end of the block
        psycopg.AsyncCursor.execute = counting  # type: ignore[assignment, method-assign]
        return self

    def __exit__(self, *_error: object) -> None:
        psycopg.AsyncCursor.execute = self._execute  # type: ignore[method-assign]  # as it was
