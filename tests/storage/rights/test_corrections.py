"""Corrected facts count as if the right value had come at once; what was stated stays stored."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from model.calendar import DAY_MS, MINUTE_MS
from model.facts import AttributedFact, Instrument, Report, Workout
from model.marks import MarkedSession, clinician_mark
from model.privacy.rectification import RectificationError, RightValues, with_right_values
from storage.digest import table_digests
from storage.facts.writer import write_facts
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection
from storage.reads import clinic_queries
from storage.rights import corrections
from storage.rights.corrections import CorrectedRecord
from stream import rollup_refresh
from stream.deriving import patient_inputs
from tests.storage.facts.test_order import store_and_derive
from tests.storage.rights.test_restrictions import loop_and_conn
from tests.storage.tellers import PERSON, T0, attributed_fact, deletion, head, pain, run

__all__ = ("loop_and_conn",)
_HOUR = 60 * MINUTE_MS
_DERIVED = ("session", "day", "week", "source_selection")
_STORED = ("fact", "sample", "record", "watermark")
_RIGHT = st.sampled_from([
    RightValues(type="cycling"),
    RightValues(end_ms=10 * MINUTE_MS),  # these times count from the beginning of the session
    RightValues(start_ms=-3 * DAY_MS, end_ms=-3 * DAY_MS + _HOUR),
    RightValues(start_ms=5 * MINUTE_MS, type="walking"),
    RightValues(void=True),
])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A correction of a record, as a test makes it."""

    record: str
    right: RightValues


def _by_hand(record: str, start: int, minutes: int) -> Report:
    own = head(record, start, start + minutes * MINUTE_MS, source=PERSON)
    return Report(head=own, instrument=Instrument.SESSION, type="running")


def _placed(right: RightValues, fact: Workout | Report) -> RightValues:
    """Return a correction with its times counted from the beginning of a fact."""
    start_ms = fact.head.start_ms
    return replace(
        right,
        start_ms=None if right.start_ms is None else start_ms + right.start_ms,
        end_ms=None if right.end_ms is None else start_ms + right.end_ms,
    )


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[list[AttributedFact], list[_Made], int]:
    """Return facts, corrections of some of them, and a seed of the order in which all comes."""
    facts: list[Any] = []
    made: list[_Made] = []
    for number in range(draw(st.integers(1, 3))):
        start = T0 + draw(st.sampled_from([0, 20 * MINUTE_MS, 9 * _HOUR, 2 * DAY_MS]))
        if draw(st.booleans()):
            facts += run(f"r{number}", start, draw(st.sampled_from([20, 90])), bpm=150)
        else:
            facts.append(_by_hand(f"r{number}", start, 30))
        stated = next(fact for fact in facts if fact.head.record == f"r{number}")
        if draw(st.booleans()):
            made.append(_Made(record=f"r{number}", right=_placed(draw(_RIGHT), stated)))
        facts.append(pain(f"q{number}", start + 40 * MINUTE_MS, 7.0, session=f"r{number}"))
        if draw(st.booleans()):
            right = draw(st.sampled_from([RightValues(value=2.0), RightValues(void=True)]))
            made.append(_Made(record=f"q{number}", right=right))
    return [attributed_fact(fact) for fact in facts], made, draw(st.integers(0, 99))


def _at_once(facts: Sequence[AttributedFact], made: Sequence[_Made]) -> list[AttributedFact]:
    """Return the facts of the world in which the right values came at once."""
    rights = {item.record: item.right for item in made}
    left: list[AttributedFact] = []
    for item in facts:
        fact = item.fact
        right = rights.get(fact.head.record)
        if right is None or not isinstance(fact, Workout | Report):
            left.append(item)
        elif not right.void:
            left.append(replace(item, fact=with_right_values(fact, right)))
    return left


async def _tell(conn: Connection, facts: Sequence[AttributedFact]) -> None:
    written = await store_and_derive(conn, facts)
    assert not written.refused


async def _derived(conn: Connection) -> dict[str, str]:
    await patient_inputs.derive_stale(conn, ["p1"])
    await rollup_refresh.refresh_all(conn)
    return await table_digests(conn, _DERIVED)


async def _correct(conn: Connection, made: Sequence[_Made]) -> list[int]:
    numbers: list[int] = []
    for item in made:
        meant = CorrectedRecord(record=item.record)
        numbers.append(
            await corrections.correct_record(
                conn, "p1", meant, item.right, by="c", why="slip of a digit", now_ms=T0
            )
        )
    return numbers


async def _compare(
    conn: Connection, facts: Sequence[AttributedFact], made: Sequence[_Made], seed: int
) -> None:
    async with conn.transaction(force_rollback=True):
        await _tell(conn, _at_once(facts, made))
        came_at_once = await _derived(conn)
        await _tell(conn, _again(_at_once(facts, made), seed))
        came_again = await _derived(conn)
    async with conn.transaction(force_rollback=True):
        await _tell(conn, facts)
        before, stored = await _derived(conn), await table_digests(conn, _STORED)
        numbers = await _correct(conn, made)
        assert await _derived(conn) == came_at_once
        # what was stated is stored as it was
        assert await table_digests(conn, _STORED) == stored
        # and stating the wrong value again, in another body, changes nothing
        async with conn.transaction(force_rollback=True):
            await _tell(conn, _again(facts, seed))
            assert await _derived(conn) == came_again
        for number in numbers:
            await corrections.withdraw_correction(conn, number, by="c", why="no", now_ms=T0)
        assert await _derived(conn) == before


def _again(facts: Sequence[AttributedFact], seed: int) -> list[AttributedFact]:
    """Return facts as another body states them, in another order."""
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - the order of a test
    return [replace(item, body="ff" * 32) for item in shuffled]


@pytest.mark.promise(11)
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(world=_worlds())
def test_what_is_derived_is_that_of_a_world_where_the_right_value_came_at_once(
    loop_and_conn: tuple[asyncio.Runner, Connection],
    world: tuple[list[AttributedFact], list[_Made], int],
) -> None:
    runner, conn = loop_and_conn
    runner.run(_compare(conn, *world))


@pytest.mark.promise(11)
@pytest.mark.anyio
async def test_a_correction_says_who_and_why_and_what_had_been_stated(conn: Connection) -> None:
    await _tell(conn, [attributed_fact(fact) for fact in (*run(), pain("q1", T0, 9.0))])
    await _correct(conn, [_Made(record="r1", right=RightValues(type="cycling"))])
    await _correct(conn, [_Made(record="r1", right=RightValues(exertion=4.0))])
    first, second = await corrections.corrections_of(conn, "p1")
    assert (first.fields, first.was) == ({"type": "cycling"}, {"type": "running"})
    assert (first.ended_by, first.ended_why) == ("c", "corrected again")
    # the later correction keeps what the earlier one had corrected besides
    assert second.fields == {"type": "cycling", "exertion_cr10": 4.0}
    assert second.was == {"type": "running", "exertion": None}
    assert (second.set_by, second.why, second.ended_ms) == ("c", "slip of a digit", None)
    await _derived(conn)
    rows = await (await conn.execute("select type, exertion_cr10 from session")).fetchall()
    assert rows == [("cycling", 4.0)]
    stated = await (await conn.execute("select payload ->> 'type' from fact")).fetchall()
    assert ("running",) in stated
    # the source takes its workout back: then there is nothing to correct
    await _tell(conn, [attributed_fact(deletion("d1", "r1"))])
    await _derived(conn)
    assert await (await conn.execute("select from session")).fetchall() == []


_REFUSALS: tuple[tuple[str, RightValues, str], ...] = (
    ("q1", RightValues(value=11.0), "a whole number from 0 to 10"),
    ("q1", RightValues(value=4.5), "a whole number from 0 to 10"),
    ("q1", RightValues(type="walking"), "that report has no type"),
    ("q1", RightValues(), "say what is right instead"),
    ("q1", RightValues(value=1.0, void=True), "no right values"),
    ("r1", RightValues(value=1.0), "a session has no value"),
    ("r1", RightValues(type="flying"), "must be one of"),
    ("r1", RightValues(end_ms=T0), "must end after it begins"),
    ("r1", RightValues(start_ms=0), "cannot be as long as that"),
    ("r1", RightValues(exertion=11.0), "from 0 to 10"),
)


@pytest.mark.anyio
@pytest.mark.parametrize(("record", "right", "why"), _REFUSALS)
async def test_what_cannot_be_corrected_is_refused_with_the_reason(
    conn: Connection, record: str, right: RightValues, why: str
) -> None:
    await _tell(conn, [attributed_fact(fact) for fact in (*run(), pain("q1", T0, 9.0))])
    with pytest.raises(RectificationError, match=why):
        await _correct(conn, [_Made(record=record, right=right)])
    assert await corrections.corrections_of(conn, "p1") == []


@pytest.mark.anyio
async def test_only_a_record_of_the_patients_own_is_corrected(conn: Connection) -> None:
    other = attributed_fact(pain("q2", T0, 9.0), "p2")
    marked = MarkedSession(start_ms=T0, end_ms=T0 + 1, record="r1")
    mark = clinician_mark("p1", marked, Instrument.NOT_EXERCISE, "illness", T0)
    await write_facts(conn, [other, mark])
    for record in ("q2", "nothing", mark.fact.head.record):
        with pytest.raises(UnknownNameError, match="no such report or workout"):
            await _correct(conn, [_Made(record=record, right=RightValues(void=True))])
    with pytest.raises(UnknownNameError, match="no such session"):
        await corrections.record_of_session(conn, "p1", "nothing")
    with pytest.raises(UnknownNameError, match="no such correction"):
        await corrections.withdraw_correction(conn, 9, by="c", why="no", now_ms=T0)


@pytest.mark.anyio
async def test_a_correction_is_taken_back_once(conn: Connection) -> None:
    await _tell(conn, [attributed_fact(pain("q1", T0, 9.0))])
    (number,) = await _correct(conn, [_Made(record="q1", right=RightValues(value=1.0))])
    await corrections.withdraw_correction(conn, number, by="d", why="it was 9", now_ms=T0 + 1)
    with pytest.raises(RectificationError, match="ended already"):
        await corrections.withdraw_correction(conn, number, by="d", why="again", now_ms=T0 + 2)
    (kept,) = await corrections.corrections_of(conn, "p1")
    assert (kept.ended_by, kept.ended_why, kept.ended_ms) == ("d", "it was 9", T0 + 1)


@pytest.mark.anyio
async def test_analysts_and_pages_read_what_is_right(conn: Connection) -> None:
    await _tell(conn, [attributed_fact(pain(f"q{n}", T0, 9.0)) for n in (1, 2)])
    await _correct(conn, [_Made(record="q1", right=RightValues(value=1.0))])
    await _correct(conn, [_Made(record="q2", right=RightValues(void=True))])
    values = await (await conn.execute("select value from analysis.answers")).fetchall()
    assert values == [(1.0,)]
    answers = await clinic_queries.pain_since(conn, "unit", "p1", date(2026, 9, 1))
    assert [(row.record, row.value) for row in answers] == [("q1", 1.0)]
