"""Whenever parsers change and replays run, the end is what a fresh database would hold."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from parsers import formats
from parsers.vendors.open_wearables.reader import parse_open_wearables
from storage.people import care_team, patients
from stream.replay.apply import replay
from stream.replay.context import ReplayScope
from tests.storage.faults import BODIES, FAULTS, faulty, read_with
from tests.storage.inline import INLINE_NOW, KEY, ZONE, Inline, open_inline

_Step: TypeAlias = tuple[str, int]
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
STEPS = st.one_of(
    st.tuples(st.just("receive"), st.integers(0, len(BODIES) - 1)),
    st.tuples(
        st.sampled_from(["hold", "deliver", "upgrade", "replay", "replay one"]),
        st.integers(0, len(BODIES) - 1),
    ),
)


@pytest.fixture(scope="module")
def server(embedded: str) -> str:
    return embedded


@pytest.fixture
def inline(server: str, tmp_path: Path) -> Iterator[tuple[asyncio.Runner, Inline]]:
    with asyncio.Runner() as runner:
        dsn = runner.run(_database(server))
        conn = runner.run(AsyncConnection.connect(dsn))
        world = open_inline(dsn, conn, tmp_path)
        yield runner, runner.run(world.__aenter__())
        runner.run(world.__aexit__(None, None, None))
        runner.run(conn.close())


async def _database(server: str) -> str:
    async with await AsyncConnection.connect(server, autocommit=True) as conn:
        await conn.execute("create database kadens_replay template kadens_template")
    dsn = make_conninfo(server, dbname="kadens_replay")
    async with await AsyncConnection.connect(dsn) as conn:
        await care_team.add_unit(conn, "unit")
        for name in ("p1", "p2", "p3"):
            await patients.add_patient(
                conn, wrapping_key=KEY, unit="unit", zone=ZONE, now_ms=0, pseudonym=name
            )
    return dsn


async def _run(world: Inline, steps: Sequence[_Step]) -> None:
    for what, n in steps:
        match what:
            case "receive":
                await world.receive("open_wearables", BODIES[n], INLINE_NOW + n)
            case "hold":
                world.hold = True
            case "deliver":
                world.hold = False
                await world.deliver()
            case "upgrade":
                formats.FORMATS = read_with(parse_open_wearables, 2)
            case "replay":
                await replay(world.means, "p1", ReplayScope(again=bool(n % 2)))
            case _:
                await replay(
                    world.means, "p1", ReplayScope(from_ms=INLINE_NOW + n, to_ms=INLINE_NOW + n + 1)
                )


async def _both(
    world: Inline, steps: Sequence[_Step], fault: int
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the digests of the script and of a database that never had the fault.

    The script ends with an upgrade and a replay.
    """
    received = [step for step in steps if step[0] == "receive"]
    formats.FORMATS = read_with(faulty(FAULTS[fault]), 1)
    await _run(world, [*steps, ("upgrade", 0), ("replay", 0), ("deliver", 0)])
    ended = await world.digest()
    await world.forget()
    await _run(world, received)
    fresh = await world.digest()
    await world.forget()
    return ended, fresh


@settings(
    max_examples=40,
    deadline=None,
    phases=_NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=14), fault=st.integers(0, len(FAULTS) - 1))
def test_upgrades_and_replays_at_any_time_end_as_a_fresh_database(
    inline: tuple[asyncio.Runner, Inline],
    monkeypatch: pytest.MonkeyPatch,
    steps: list[_Step],
    fault: int,
) -> None:
    runner, world = inline
    with monkeypatch.context() as patched:
        patched.setattr(formats, "FORMATS", formats.FORMATS)
        ended, fresh = runner.run(_both(world, steps, fault))
    assert ended == fresh
