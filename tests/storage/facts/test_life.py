"""Streaming equals batch: after every batch of a life the tables equal those computed at once.

Any other order, repetition and splitting of the same facts ends in the same tables. So it does with
profiles and prescriptions at any time.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from kadens.derivation.held_facts import hold_facts
from model.calendar import DAY_MS, midnight
from model.facts import AttributedFact, Source
from model.intensity import HeartProfile
from model.keyring import KeyRing
from model.prescription import Prescription
from storage.digest import table_digests
from storage.facts import samples
from storage.facts.writer import put_facts
from storage.people import care_team, patients
from storage.pg.pool import Connection, adapt
from storage.reads.api_queries import watermarks
from stream.deriving import patient_inputs
from stream.deriving.batches import derive_written
from tests import oracle
from tests.depth import INVARIANT, STORED
from tests.lives.circumstances import PLACES
from tests.lives.life import Life, lives, split
from tests.rows import entries_of, of_type
from tests.storage import tables

_PATIENT = "p1"
SAME_WHEN_SPLIT = ("sample", "watermark", "session", "day", "week", "source_selection")

Step: TypeAlias = tuple[AttributedFact, ...] | HeartProfile | Prescription
Steps: TypeAlias = Sequence[Step]
Ways: TypeAlias = tuple[Life, Steps, Steps, bool]
Connected: TypeAlias = tuple[asyncio.Runner, Connection]


@st.composite
def steps(draw: st.DrawFn, life: Life, *, again: bool = False) -> Steps:
    """Return a life in some order: facts in batches, with what the clinician sets in between.

    What is later than its receipt is among the facts, and is refused.
    """
    facts = draw(
        st.permutations(
            [
                *life.facts,
                *life.later,
                *(draw(st.lists(st.sampled_from(life.facts), max_size=2)) if again else []),
            ]
        )
    )
    cuts = sorted(draw(st.lists(st.integers(0, len(facts)), max_size=6)))
    batches = (
        tuple(facts[low:high]) for low, high in zip([0, *cuts], [*cuts, len(facts)], strict=True)
    )
    in_order: list[Step] = list(filter(None, batches))
    set_down: tuple[Step, ...] = (*life.profiles, *life.prescriptions)
    for item in set_down:
        in_order.insert(draw(st.integers(0, len(in_order))), item)
    return in_order


@st.composite
def ways(draw: st.DrawFn, kind: st.SearchStrategy[Life]) -> Ways:
    """Return a life, two orders in which it may arrive, and whether the second has split blocks."""
    life, halves = draw(kind), draw(st.booleans())
    return life, draw(steps(life)), draw(steps(split(life) if halves else life, again=True)), halves


async def _take(conn: Connection, step: Step) -> None:
    """Do what the worker does with a batch, or the clinic with a profile or prescription."""
    match step:
        case HeartProfile():
            await patient_inputs.change_profile(conn, _PATIENT, step, 0)
        case Prescription():
            await patient_inputs.prescribe(conn, _PATIENT, step, 0)
        case _:
            await derive_written(conn, await put_facts(conn, step))


def _reported(steps: Steps) -> list[AttributedFact]:
    return list(chain.from_iterable(step for step in steps if isinstance(step, tuple)))


def expected(life: Life, done: Steps) -> oracle.Rows:
    reported = _reported(done)
    profiles = of_type(HeartProfile, done)
    prescribed = of_type(Prescription, done)
    return oracle.rows(reported, life.zone, profiles, prescribed, _PATIENT)


@asynccontextmanager
async def newborn(conn: Connection, zone: str) -> AsyncIterator[None]:
    """Make a patient of whom nothing is known, for a while."""
    async with conn.transaction(force_rollback=True):
        await patients.add_patient(
            conn,
            wrapping_key=KeyRing.single(bytes(32)),
            unit="unit",
            zone=zone,
            now_ms=0,
            pseudonym=_PATIENT,
        )
        yield


async def streamed(conn: Connection, life: Life, way: Steps) -> dict[str, str]:
    """Compare with the oracle after every step; return the digests of the end."""
    async with newborn(conn, life.zone):
        for n, step in enumerate(way, start=1):
            await _take(conn, step)
            got = (await tables.read(conn, _PATIENT)).as_bytes()
            assert got == expected(life, way[:n]).as_bytes()
        assert await watermarks(conn, "unit", _PATIENT) == _held_watermarks(life, way)
        return await table_digests(conn)


def _held_watermarks(life: Life, way: Steps) -> Mapping[Source, int]:
    """Return the watermarks by what `kadens derive` holds of all facts of a way."""
    return hold_facts(_reported(way), _PATIENT, life.zone).watermarks


async def _ended(conn: Connection, life: Life, way: Steps) -> dict[str, str]:
    async with newborn(conn, life.zone):
        for step in way:
            await _take(conn, step)
        return await table_digests(conn)


@pytest.fixture
def connected(dsn: str) -> Iterator[Connected]:
    """Connect once for each test, for all of its examples; each of them is undone."""
    with asyncio.Runner() as runner:
        conn = runner.run(_ready(dsn))
        yield runner, conn
        runner.run(conn.close())


async def _ready(dsn: str) -> Connection:
    """Connect to a database with a care unit and partitions for all that may be drawn.

    Nothing is committed.
    """
    conn = await AsyncConnection.connect(dsn, autocommit=False)
    adapt(conn)
    await care_team.add_unit(conn, "unit")
    starts = np.array([midnight(day, zone) for zone, day in PLACES], np.int64)
    t = np.sort(np.add.outer(starts, np.arange(-100, 20) * DAY_MS).ravel())
    await samples.make_partitions(
        conn, [samples.Put(series=(0, 0, 0, 0), revision=0, t=t, v=np.zeros(len(t)))]
    )
    return conn


EMBEDDED = settings(STORED, suppress_health_check=list(HealthCheck))
_TIMESCALE = settings(EMBEDDED, max_examples=INVARIANT.max_examples // 6)


@EMBEDDED
@given(drawn=ways(lives()))
@pytest.mark.parametrize("dsn", ["embedded"], indirect=True)
def test_every_prefix_is_what_everything_at_once_says_and_any_way_ends_the_same(
    connected: Connected, drawn: Ways
) -> None:
    check_ways(connected, drawn)


@_TIMESCALE
@given(drawn=ways(lives()))
@pytest.mark.parametrize(
    "dsn", [pytest.param("timescale", marks=pytest.mark.timescale)], indirect=True
)
def test_so_it_is_on_timescale(connected: Connected, drawn: Ways) -> None:
    check_ways(connected, drawn)


def check_ways(connected: Connected, drawn: Ways) -> None:
    runner, conn = connected
    life, way, other, halves = drawn
    item, two = runner.run(streamed(conn, life, way)), runner.run(_ended(conn, life, other))
    compared = SAME_WHEN_SPLIT if halves else tuple(item)
    assert entries_of(two, compared) == entries_of(item, compared)
