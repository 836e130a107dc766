"""The derive step alone: facts as they lie on the log go through `derive_runs`.

It writes to an embedded PostgreSQL. There is no broker, and what would be sent is dropped. A
`Deriver` holds a database, its people, and how far each partition was filled.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import numpy as np

from bench.loads import NOW_MS
from kadens.embedded.postgres import Postgres
from model.calendar import MINUTE_MS
from model.codec import encode_attributed
from model.facts import (
    AttributedFact,
    DeviceType,
    Fact,
    Head,
    Joining,
    Method,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from model.keyring import KeyRing
from model.topics import FACTS
from storage.bodies.body_store import open_bodies
from storage.people import care_team, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, Pool, open_pool
from stream.collaborators import Collaborators
from stream.deriving import patient_inputs
from stream.deriving.derive_batch import derive_runs
from stream.log.ledger import Ledger
from stream.log.messages import Message, Outgoing, Run
from stream.metrics import make_metrics
from stream.readers.inline import InlineReader

_KEY = KeyRing.single(bytes(32))
BORN = HeartProfile(valid_from=date(2015, 1, 1), birth_year=1960, hr_rest=60)
_WATCH = Source(
    vendor="files", device="bench", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)
WORKOUT_MINUTES, WORKOUT_AT = 40, 17 * 60  # minutes, and minute of the day


class _Nowhere:
    """A `messages.Producer` that drops what it is given."""

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Return offset 0 for each message."""
        return [0] * len(messages)


@dataclass(slots=True, kw_only=True)
class Deriver:
    """A database with `people`, and the parts of a worker on it.

    `sent` counts the messages so far.
    """

    parts: Collaborators
    people: Sequence[str]
    sent: int = 0
    last: Run | None = field(default=None)

    async def derive(self, facts: Sequence[tuple[str, Fact]]) -> float:
        """Derive facts of patients as the next messages of partition 0, in one run.

        Returns the seconds it took.
        """
        messages = tuple(
            _message(self.sent + n, patient, fact) for n, (patient, fact) in enumerate(facts)
        )
        self.last = Run(topic=FACTS.name, partition=0, messages=messages)
        self.sent += len(messages)
        return await self.again()

    async def again(self) -> float:
        """Derive the last run again and return the seconds it took."""
        if self.last is None:
            raise ValueError("nothing was sent yet")
        begun = time.perf_counter()
        await derive_runs([self.last], self.parts)
        return time.perf_counter() - begun

    async def checkpoint(self) -> None:
        """Update the planner's statistics, and write out what is still in memory."""
        async with self.parts.pool.connection() as conn:
            await conn.set_autocommit(True)
            await conn.execute("analyze")
            await conn.execute("checkpoint")
            await conn.set_autocommit(False)


@asynccontextmanager
async def deriver(server: Postgres, name: str, patients: int) -> AsyncIterator[Deriver]:
    """Make a database with `patients` patients, and give a `Deriver` for it."""
    dsn = server.create_database(name)
    await migrate(dsn)
    async with await open_pool(dsn, max_size=4) as pool:
        async with pool.connection() as conn:
            names = await _people(conn, patients)
        parts = parts_of_worker(pool)
        yield Deriver(parts=parts, people=names)
        await _check_nothing_refused(parts)


def parts_of_worker(pool: Pool) -> Collaborators:
    """Return the parts of a worker over a database; what it would send is dropped."""
    return Collaborators(
        pool=pool,
        producer=_Nowhere(),
        ledger=Ledger(cluster="bench"),
        bodies=open_bodies("/nowhere"),
        reader=InlineReader(),  # deriving and judging read no body
        wrapping=lambda: _KEY,
        now=lambda: NOW_MS,
        metrics=make_metrics(),
    )


async def _check_nothing_refused(parts: Collaborators) -> None:
    """Raise ValueError when a fact was refused: then a figure is not of what it names."""
    async with parts.pool.connection() as conn:
        cursor = await conn.execute("select class from dead_letter limit 1")
        row = await cursor.fetchone()
    if row is not None:
        raise ValueError(f"a fact of this bench was refused: {row[0]}")


async def _people(conn: Connection, number: int) -> list[str]:
    await care_team.add_unit(conn, "bench")
    names = [f"bench-{n}" for n in range(number)]
    for name in names:
        await patients.add_patient(
            conn, wrapping_key=_KEY, unit="bench", zone="UTC", now_ms=0, pseudonym=name
        )
        await patient_inputs.change_profile(conn, name, BORN, 0)
    return names


def heart_block(first_ms: int, minutes: int) -> SampleBlock:
    """Return a block of the watch's heart rate, a sample a minute.

    The day is at rest, with effort where a workout may be.
    """
    t = first_ms + np.arange(minutes, dtype=np.int64) * MINUTE_MS
    of_day = t // MINUTE_MS % 1440
    v = (62 + t // MINUTE_MS % 17).astype(np.float64)
    v[(of_day >= WORKOUT_AT) & (of_day < WORKOUT_AT + WORKOUT_MINUTES)] += 50.0
    end = first_ms + minutes * MINUTE_MS
    head = Head(
        source=_WATCH, record=f"heart_rate:{first_ms}", start_ms=first_ms, end_ms=end, offset_min=0
    )
    return SampleBlock(head=head, metric="heart_rate", t=t, v=v, joining=Joining.STREAM)


def workout_facts(day_ms: int) -> Workout:
    """Return the workout of a day as the watch declares it."""
    start = day_ms + WORKOUT_AT * MINUTE_MS
    end = start + WORKOUT_MINUTES * MINUTE_MS
    head = Head(source=_WATCH, record=f"workout:{start}", start_ms=start, end_ms=end, offset_min=0)
    return Workout(head=head, type="walking")


def _message(offset: int, patient: str, fact: Fact) -> Message:
    body = sha256(f"{patient}/{fact.head.record}".encode()).hexdigest()
    attributed_fact = AttributedFact(
        patient=patient, connector="files", received_ms=NOW_MS, body=body, fact=fact
    )
    value = encode_attributed(attributed_fact)
    return Message(topic=FACTS.name, partition=0, offset=offset, value=value, key=patient.encode())
