"""Rollups are a function of the facts, and timelines are exact before and after a refresh."""

import asyncio
import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.timeline_reads import read_timeline
from model.calendar import DAY_MS, HOUR_MS
from model.facts import AttributedFact
from model.spans import Span
from storage.digest import DRAINED, table_digests
from storage.facts.writer import write_facts
from storage.people import patients
from storage.pg.pool import Connection
from stream import rollup_refresh
from stream.compute.series.timeline import grid
from tests.databases.reuse import Databases
from tests.storage.derived.naive import bucketed, standing
from tests.storage.facts.test_order import NO_SHRINKING, PATIENTS, _connect, _unique, facts
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def runner_and_conn(databases: Databases) -> object:
    with databases.lend() as dsn, asyncio.Runner() as runner:
        conn = runner.run(_connect(dsn))
        yield runner, conn
        runner.run(conn.close())


async def _check(conn: Connection, chance: random.Random) -> None:
    """Compare a `read_timeline` of any span and any number of points with the samples."""
    for patient in sorted(set(PATIENTS)):
        start = T0 + chance.randrange(-2 * DAY_MS, 5 * DAY_MS)
        end = start + chance.choice([HOUR_MS, 9 * HOUR_MS, DAY_MS, 3 * DAY_MS, 8 * DAY_MS])
        points = chance.randrange(1, 60)
        number = await patients.patient_id(conn, patient)
        bands = await read_timeline(conn, number, "heart_rate", start, end, points)
        _, width, first = grid(Span(start_ms=start, end_ms=end), points)
        result = zip(
            bands.n.tolist(),
            bands.minimum.tolist(),
            bands.mean.tolist(),
            bands.maximum.tolist(),
            strict=True,
        )
        wanted = bucketed(await standing(conn, patient), start, end, width, first)
        assert dict(zip(bands.t.tolist(), result, strict=True)) == wanted
        assert len(bands.t) <= points
        assert bands.width_ms == width


async def written_and_refreshed(
    conn: Connection, batches: Sequence[Sequence[AttributedFact]], seed: int
) -> dict[str, str]:
    """Store batch by batch, refresh now and then, and check what is read at each step.

    Everything is rolled back in the end.
    """
    chance = random.Random(seed)  # noqa: S311 - plays a test's schedule
    async with conn.transaction(force_rollback=True):
        for batch in batches:
            await write_facts(conn, batch)
            if chance.random() < 0.5:
                await rollup_refresh.refresh_patient(conn, settle_ms=0)
            await _check(conn, chance)
        await rollup_refresh.refresh_all(conn)
        await _check(conn, chance)
        return await table_digests(conn, tuple(DRAINED))


@settings(
    max_examples=60,
    deadline=None,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batch=facts(), seed=st.integers(0, 2**32))
def test_any_order_of_writes_and_refreshes_ends_in_the_same_bands(
    runner_and_conn: tuple[asyncio.Runner, Connection], batch: list[AttributedFact], seed: int
) -> None:
    runner, conn = runner_and_conn
    batch = _unique(batch)
    chance = random.Random(seed)  # noqa: S311 - shuffles a test's facts
    other = [*batch, *chance.choices(batch, k=2)]
    chance.shuffle(other)
    at_once = runner.run(written_and_refreshed(conn, [batch], seed))
    assert runner.run(written_and_refreshed(conn, [[item] for item in other], seed)) == at_once
