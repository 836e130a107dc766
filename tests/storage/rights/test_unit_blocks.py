"""The block between units: random lives of shares, blocks and openings, by both walls."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from model.calendar import HOUR_MS
from model.privacy.blocks import BlockState, Ground, guest_standing, open_until_ms
from storage.bodies.body_store import Directory
from storage.people import care_team
from storage.people.errors import UnknownNameError
from storage.people.patients import patient_id
from storage.pg.pool import Connection, adapt
from storage.pg.row_security import set_guest, set_unit
from storage.rights import unit_blocks
from storage.rights.unit_blocks import UnitBlockError
from tests.rows import cells_of
from tests.storage.derived.traces import settle

pytestmark = pytest.mark.anyio

_UNITS = ("east", "west")
_PEOPLE = ("anna", "bo")
_STEPS = ("share", "unshare", "block", "lift", "open consent", "open emergency", "wait")


@dataclass(slots=True)
class _World:
    """What should hold by the plain words of docs/blocks.md, kept without the database."""

    shared: set[str]
    blocked: bool
    opened: dict[tuple[str, str], int]

    def standing(self, unit: str, who: str, now_ms: int) -> BlockState:
        if unit not in self.shared:
            return BlockState.NOTHING
        if self.blocked and self.opened.get((unit, who), 0) <= now_ms:
            return BlockState.BLOCKED
        return BlockState.OPEN


async def _two_other_units(conn: Connection, store: Path) -> int:
    await settle(conn, Directory(store), "mine")
    await conn.execute("truncate unit_sharing, unit_block, block_opening")
    for unit in _UNITS:
        await care_team.add_unit(conn, unit)
    await conn.commit()
    return await patient_id(conn, "mine")


async def _step(conn: Connection, world: _World, step: str, at: tuple[str, str], now: int) -> None:
    """Do a step in the database, and note in `world` what it should come to."""
    unit, who = at
    number = await patient_id(conn, "mine")
    if step == "share" and unit not in world.shared:
        await unit_blocks.share_patient(conn, "mine", unit, by="c-1", now_ms=now)
        world.shared.add(unit)
    if step == "unshare" and unit in world.shared:
        await unit_blocks.end_sharing(conn, "mine", unit, now)
        world.shared.discard(unit)
    if step == "block":
        assert await unit_blocks.set_block(conn, number, "mine", now) is not world.blocked
        world.blocked = True
    if step == "lift":
        assert await unit_blocks.lift_block(conn, number, "mine", "asked", now) is world.blocked
        world.blocked = False
    if step.startswith("open"):
        ground = Ground(step.partition(" ")[2])
        until = open_until_ms(ground, now)
        opens = await unit_blocks.open_blocked(
            conn, "mine", unit=unit, who=who, ground=ground, reason="r", now_ms=now, until_ms=until
        )
        assert opens is (unit in world.shared and world.blocked)
        if opens:
            world.opened[at] = max(until, world.opened.get(at, 0))


async def _seen(conn: Connection, unit: str, who: str, now_ms: int) -> tuple[BlockState, set[int]]:
    """Return what the door is answered, and whose rows the policies show such a guest."""
    await conn.execute("set role kadens_clinic")
    await set_unit(conn, unit)
    facts = await unit_blocks.facts_of_guest(conn, "mine", unit, who, now_ms)
    # as if the door forgot to look at the answer
    await set_guest(conn, "unit", unit, who, now_ms)
    owners: set[int] = set()
    for table in ("patient", "session", "alert", "fact", "prescription"):
        column = "id" if table == "patient" else "patient"
        query = SQL("select distinct {} from {}").format(Identifier(column), Identifier(table))
        owners |= set(cells_of(await (await conn.execute(query)).fetchall(), 0))
    await conn.execute("reset role")
    await set_unit(conn, "")
    return guest_standing(facts), owners


async def _agree(conn: Connection, number: int, life: list[tuple[str, str, str]]) -> None:
    """Live a life, and compare after each step what every person of another unit gets."""
    world, now = _World(shared=set(), blocked=False, opened={}), 1_000_000
    for step, unit, who in life:
        now += 5 * HOUR_MS if step == "wait" else 1_000
        await _step(conn, world, step, (unit, who), now)
        for guest in product(_UNITS, _PEOPLE):
            wanted = world.standing(*guest, now)
            owners = {number} if wanted is BlockState.OPEN else set()
            assert await _seen(conn, *guest, now) == (wanted, owners), guest
    await conn.rollback()


@pytest.fixture
def settled(dsn: str, tmp_path: Path) -> Iterator[tuple[asyncio.Runner, Connection, int]]:
    with asyncio.Runner() as runner:
        conn = runner.run(AsyncConnection.connect(dsn))
        adapt(conn)
        runner.run(care_team.add_unit(conn, "unit"))
        yield runner, conn, runner.run(_two_other_units(conn, tmp_path))
        runner.run(conn.close())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    life=st.lists(
        st.tuples(st.sampled_from(_STEPS), st.sampled_from(_UNITS), st.sampled_from(_PEOPLE)),
        min_size=3,
        max_size=14,
    )
)
@pytest.mark.parametrize("dsn", ["embedded"], indirect=True)
def test_both_walls_agree_with_the_words_in_every_life(
    settled: tuple[asyncio.Runner, Connection, int], life: list[tuple[str, str, str]]
) -> None:
    runner, conn, number = settled
    try:
        runner.run(_agree(conn, number, life))
    finally:
        runner.run(conn.rollback())


async def test_a_guest_who_reads_writes_nothing(conn: Connection, tmp_path: Path) -> None:
    number = await _two_other_units(conn, tmp_path)
    await unit_blocks.share_patient(conn, "mine", "east", by="c-1", now_ms=1_000)
    await conn.execute("set local role kadens_clinic")
    await set_guest(conn, "unit", "east", "anna", 2_000)
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        await conn.execute(
            "insert into patient_label (patient, kind, text) values (%s, 'tag', 'a')", [number]
        )


async def test_a_block_does_not_close_the_patients_own_unit(
    conn: Connection, tmp_path: Path
) -> None:
    number = await _two_other_units(conn, tmp_path)
    assert await unit_blocks.set_block(conn, number, "mine", 1_000)
    await conn.execute("set local role kadens_clinic")
    await set_unit(conn, "unit")
    seen = await conn.execute("select pseudonym from patient where pseudonym = 'mine'")
    assert await seen.fetchall() == [("mine",)]


async def test_what_cannot_be_is_refused_in_words(conn: Connection, tmp_path: Path) -> None:
    await _two_other_units(conn, tmp_path)
    await unit_blocks.share_patient(conn, "mine", "east", by="c-1", now_ms=1_000)
    for unit, text in (("east", "already"), ("unit", "another"), ("nowhere", "another")):
        with pytest.raises(UnitBlockError, match=text):
            await unit_blocks.share_patient(conn, "mine", unit, by="c-1", now_ms=1_000)
    with pytest.raises(UnknownNameError):
        await unit_blocks.share_patient(conn, "nobody", "west", by="c-1", now_ms=1_000)
    with pytest.raises(UnitBlockError, match="does not share"):
        await unit_blocks.end_sharing(conn, "mine", "west", 2_000)
    with pytest.raises(UnknownNameError):
        await unit_blocks.review_opening(conn, 1, by="c-1", verdict="v", now_ms=1)


async def test_an_opening_is_listed_until_it_was_followed_up(
    conn: Connection, tmp_path: Path
) -> None:
    number = await _two_other_units(conn, tmp_path)
    await unit_blocks.share_patient(conn, "mine", "east", by="c-1", now_ms=1_000)
    await unit_blocks.set_block(conn, number, "mine", 1_000)
    assert await unit_blocks.open_blocked(
        conn, "mine", unit="east", who="anna", ground=Ground.EMERGENCY, reason="fell",
        now_ms=2_000, until_ms=open_until_ms(Ground.EMERGENCY, 2_000),
    )  # fmt: skip
    [opening] = await unit_blocks.openings(conn, number)
    assert (opening.care_unit, opening.who, opening.reason) == ("east", "anna", "fell")
    assert (opening.until_ms, opening.reviewed_ms) == (2_000 + 4 * HOUR_MS, None)
    done = await unit_blocks.review_opening(conn, opening.id, by="dpo", verdict="ok", now_ms=3_000)
    assert done == "mine"
    [after] = await unit_blocks.openings(conn)
    assert (after.reviewed_by, after.verdict, after.reviewed_ms) == ("dpo", "ok", 3_000)
