"""Restricted facts are stored, and what is derived is that of a world in which they never came."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from model.calendar import DAY_MS, MINUTE_MS
from model.facts import AttributedFact, Fact, Joining, SampleBlock
from model.intensity import HeartProfile
from model.keyring import KeyRing
from storage.digest import DRAINED, table_digests
from storage.people import care_team, patients
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection
from storage.rights import restrictions
from storage.rights.restrictions import RestrictionError
from stream import rollup_refresh
from stream.deriving import patient_inputs
from tests.databases.reuse import Databases
from tests.storage.facts.test_order import store_and_derive
from tests.storage.tellers import PHONE, T0, WATCH, attributed_fact, block, day, head, pain, run

_HUB = replace(WATCH, vendor="open_wearables", app="hub")
_HOUR = 60 * MINUTE_MS
_DERIVED = ("session", "day", "week", "source_selection", *DRAINED)
_STORED = ("fact", "sample", "record")
_Held = tuple[str, int, int | None]  # source, from, until

_START = st.sampled_from([T0, T0 + 20 * MINUTE_MS, T0 + 9 * _HOUR, T0 + 2 * DAY_MS])


@st.composite
def _workout(draw: st.DrawFn, number: int) -> list[Fact]:
    source = draw(st.sampled_from([WATCH, _HUB]))
    facts = run(f"r{number}", draw(_START), draw(st.sampled_from([20, 90])), bpm=150)
    return [replace(fact, head=replace(fact.head, source=source)) for fact in facts]


@st.composite
def _other(draw: st.DrawFn, number: int) -> list[Fact]:
    at = draw(_START)
    if draw(st.booleans()):
        return [pain(f"q{number}", at + 5 * MINUTE_MS, 7.0, session=draw(_NAMED))]
    value = head(f"s{number}", at, at + _HOUR, source=PHONE)
    times = list(range(at, at + _HOUR, MINUTE_MS))
    return [block(value, times, [140.0] * 60, joining=Joining.STREAM)]


_NAMED = st.sampled_from(["", "r0", "r1"])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[AttributedFact], list[_Held], int]:
    """Return facts, restrictions that may overlap, and a seed of the order of lifting."""
    facts: list[Fact] = [day("d", T0, 900.0)]
    for number in range(draw(st.integers(2, 4))):
        facts += draw(_workout(number))
        facts += draw(_other(number))
    held: list[_Held] = []
    # one of each source, so that they may overlap without being refused
    for source in draw(st.lists(st.sampled_from(["", "files", "reports"]), unique=True)):
        from_ms = draw(_START) + draw(st.sampled_from([-_HOUR, 10 * MINUTE_MS, 0]))
        length = draw(st.sampled_from([1, 25 * MINUTE_MS, DAY_MS, None]))
        held.append((source, from_ms, None if length is None else from_ms + length))
    return [attributed_fact(fact) for fact in facts], held, draw(st.integers(0, 99))


def _is_held(held: Sequence[_Held], vendor: str, start_ms: int, end_ms: int) -> bool:
    end_ms = max(end_ms, start_ms + 1)
    return any(
        source in {"", vendor} and end_ms > from_ms and (until is None or start_ms < until)
        for source, from_ms, until in held
    )


def _without(facts: Sequence[AttributedFact], held: Sequence[_Held]) -> list[AttributedFact]:
    """Return the facts of the world in which what is restricted never came."""
    left: list[AttributedFact] = []
    for item in facts:
        fact, vendor = item.fact, item.fact.head.source.vendor
        if isinstance(fact, SampleBlock):
            free = [not _is_held(held, vendor, at, at) for at in fact.t.tolist()]
            if any(free):
                left.append(replace(item, fact=replace(fact, t=fact.t[free], v=fact.v[free])))
        elif not _is_held(held, vendor, fact.head.start_ms, fact.head.end_ms):
            left.append(item)
    return left


async def _derived(conn: Connection) -> dict[str, str]:
    await patient_inputs.derive_stale(conn, ["p1"])
    await rollup_refresh.refresh_all(conn)
    return await table_digests(conn, _DERIVED)


async def _restrict(conn: Connection, held: Sequence[_Held]) -> list[int]:
    made: list[int] = []
    for source, from_ms, until_ms in held:
        number = await restrictions.add_restriction(
            conn, "p1", interval=(from_ms, until_ms), source=source,
            by="c", why="disputed", now_ms=T0,
        )  # fmt: skip
        made.append(number)
    return made


async def _lift(conn: Connection, number: int) -> None:
    await restrictions.note_notice(conn, number, how="by phone", now_ms=T0)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=T0)


async def _compare(
    conn: Connection, facts: Sequence[AttributedFact], held: Sequence[_Held], seed: int
) -> None:
    async with conn.transaction(force_rollback=True):
        await store_and_derive(conn, _without(facts, held))
        never_came = await _derived(conn)
    async with conn.transaction(force_rollback=True):
        await _restrict(conn, held)
        await store_and_derive(conn, facts)
        assert await _derived(conn) == never_came
    async with conn.transaction(force_rollback=True):
        await store_and_derive(conn, facts)
        before, stored = await _derived(conn), await table_digests(conn, _STORED)
        numbers = await _restrict(conn, held)
        assert await _derived(conn) == never_came
        random.Random(seed).shuffle(numbers)  # noqa: S311 - the order of a test
        for number in numbers:
            await _lift(conn, number)
        assert await _derived(conn) == before
        assert await table_digests(conn, _STORED) == stored


@pytest.fixture(scope="module")
def loop_and_conn(databases: Databases) -> object:
    with databases.lend() as dsn, asyncio.Runner() as runner:
        conn = runner.run(_connect(dsn))
        yield runner, conn
        runner.run(conn.close())


async def _connect(dsn: str) -> Connection:
    conn = await AsyncConnection.connect(dsn, autocommit=False)
    await care_team.add_unit(conn, "unit")
    await patients.add_patient(
        conn,
        wrapping_key=KeyRing.single(bytes(32)),
        unit="unit",
        zone="Europe/Stockholm",
        now_ms=0,
        pseudonym="p1",
    )
    profile = HeartProfile(valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60.0)
    await patient_inputs.change_profile(conn, "p1", profile, 0)
    return conn


@pytest.mark.promise(10)
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(world=worlds())
def test_restricted_facts_count_as_if_they_never_came_and_return_when_lifted(
    loop_and_conn: tuple[asyncio.Runner, Connection],
    world: tuple[list[AttributedFact], list[_Held], int],
) -> None:
    runner, conn = loop_and_conn
    runner.run(_compare(conn, *world))


@pytest.mark.promise(10)
@pytest.mark.anyio
async def test_it_is_lifted_only_after_the_patient_was_given_notice(conn: Connection) -> None:
    (number,) = await _restrict(conn, [("", T0, T0 + 1)])
    with pytest.raises(RestrictionError, match="must be given notice"):
        await restrictions.lift_restriction(conn, number, by="c", now_ms=T0)
    await _lift(conn, number)
    (kept,) = await restrictions.restrictions_of(conn, "p1")
    assert (kept.noticed_how, kept.lifted_by, kept.lifted_ms) == ("by phone", "c", T0)
    with pytest.raises(RestrictionError, match="ended already"):
        await restrictions.lift_restriction(conn, number, by="c", now_ms=T0)


@pytest.mark.promise(9)
@pytest.mark.anyio
async def test_an_objection_holds_until_a_person_records_the_ground(conn: Connection) -> None:
    await store_and_derive(conn, [attributed_fact(fact) for fact in run(start=T0)])
    before = await _derived(conn)
    number = await restrictions.record_objection(
        conn, "p1", by="c", why="no more", now_ms=T0 + DAY_MS, from_ms=T0
    )
    assert await _derived(conn) != before
    with pytest.raises(RestrictionError, match="overridden by a ground"):
        await restrictions.answer_objection(conn, number, by="c", ground=" ", now_ms=T0)
    with pytest.raises(RestrictionError, match="answered, with a ground"):
        await restrictions.lift_restriction(conn, number, by="c", now_ms=T0)
    await restrictions.answer_objection(conn, number, by="d", ground="care", now_ms=T0 + DAY_MS)
    assert await _derived(conn) == before
    (kept,) = await restrictions.restrictions_of(conn, "p1")
    assert (kept.ground, kept.lifted_by, kept.lifted_ms) == ("care", "d", T0 + DAY_MS)


@pytest.mark.anyio
async def test_what_cannot_be_restricted_is_refused_with_the_reason(conn: Connection) -> None:
    await _restrict(conn, [("files", T0, T0 + 10), ("files", T0 + 10, None), ("", T0, None)])
    with pytest.raises(RestrictionError, match="overlaps another restriction"):
        await _restrict(conn, [("files", T0 + 9, T0 + 11)])
    with pytest.raises(RestrictionError, match="must end after it begins"):
        await _restrict(conn, [("files", T0 - 5, T0 - 5)])
    with pytest.raises(UnknownNameError, match="no such patient"):
        await restrictions.record_objection(conn, "nobody", by="c", why="w", now_ms=T0)
