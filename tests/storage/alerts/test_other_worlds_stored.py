"""Stored alerts under restriction and correction are those of a world without the wrong facts.

A few histories through the database; `tests/alerts/test_other_worlds.py` has many of them.
"""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alerts.rules.data.d1_silence import SILENCE
from model.calendar import MINUTE_MS
from model.facts import AttributedFact
from storage.alerts import rule_inputs, to_judge
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.rights import corrections, restrictions
from storage.rights.corrections import CorrectedRecord
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from stream.judge_patient import apply_judgements, verdict
from tests.alerts.other_worlds import (
    DIARY_NOW,
    RestrictedSpan,
    Right,
    histories,
    restrictions_of_any,
    right_values,
)
from tests.alerts.test_other_worlds import came_right, never_came
from tests.derivation.lives import THREE_A_WEEK
from tests.storage.rights.test_restrictions import loop_and_conn

__all__ = ("loop_and_conn",)
_SHOWN = "select family, tier, rule, sentence from alert where state = 'open' order by family"
_Row = tuple[str, str, str, str]
_FEW = settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def _tell(conn: Connection, facts: Sequence[AttributedFact]) -> None:
    await patient_inputs.prescribe(conn, "p1", THREE_A_WEEK.prescription, 0)
    for patient, spans in (await write_facts(conn, facts)).affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))


async def _judge(conn: Connection, minute: int) -> list[_Row]:
    """Judge some minutes after the history, and return the open alerts but those of silence."""
    now_ms = DIARY_NOW + minute * MINUTE_MS
    await to_judge.take_due(conn, now_ms, 10)
    await patient_inputs.derive_stale(conn, ["p1"])
    result = verdict((await rule_inputs.load_all(conn, ["p1"], now_ms))["p1"], now_ms)
    await apply_judgements(conn, {"p1": result}, now_ms)
    shown = await (await conn.execute(_SHOWN)).fetchall()
    return [row for row in shown if row[0] != SILENCE.family]


async def _restrict(conn: Connection, held: Sequence[RestrictedSpan]) -> list[int]:
    made: list[int] = []
    for vendor, from_ms, until_ms in held:
        number = await restrictions.add_restriction(
            conn, "p1", interval=(from_ms, until_ms), source=vendor,
            by="c", why="disputed", now_ms=DIARY_NOW,
        )  # fmt: skip
        made.append(number)
    return made


async def _restricted(
    conn: Connection, facts: Sequence[AttributedFact], held: Sequence[RestrictedSpan]
) -> None:
    async with conn.transaction(force_rollback=True):
        await _tell(conn, never_came(facts, held))
        await _restrict(conn, held)
        absent = await _judge(conn, 2)
    async with conn.transaction(force_rollback=True):
        await _tell(conn, facts)
        before = await _judge(conn, 1)
        numbers = await _restrict(conn, held)
        assert await _judge(conn, 2) == absent
        for number in numbers:
            await restrictions.note_notice(conn, number, how="by phone", now_ms=DIARY_NOW)
            await restrictions.lift_restriction(conn, number, by="c", now_ms=DIARY_NOW)
        assert await _judge(conn, 3) == before


async def _corrected(
    conn: Connection, facts: Sequence[AttributedFact], made: Sequence[Right]
) -> None:
    async with conn.transaction(force_rollback=True):
        await _tell(conn, came_right(facts, made))
        at_once = await _judge(conn, 2)
    async with conn.transaction(force_rollback=True):
        await _tell(conn, facts)
        before = await _judge(conn, 1)
        numbers: list[int] = []
        for row in made:
            meant = CorrectedRecord(record=row.record)
            numbers.append(
                await corrections.correct_record(
                    conn, "p1", meant, row.values, by="c", why="slip", now_ms=DIARY_NOW
                )
            )
        assert await _judge(conn, 2) == at_once
        for number in numbers:
            await corrections.withdraw_correction(conn, number, by="c", why="no", now_ms=DIARY_NOW)
        assert await _judge(conn, 3) == before


@pytest.mark.promise(10)
@_FEW
@given(data=st.data())
def test_restricted_facts_raise_nothing_and_their_alerts_return(
    loop_and_conn: tuple[asyncio.Runner, Connection], data: st.DataObject
) -> None:
    runner, conn = loop_and_conn
    facts = data.draw(histories())
    held = data.draw(restrictions_of_any(facts))
    # two of one source may not overlap: that is refused
    apart = list({row.vendor: row for row in held}.values())
    runner.run(_restricted(conn, facts, apart))


@pytest.mark.promise(11)
@_FEW
@given(data=st.data())
def test_corrected_facts_raise_what_the_right_ones_would_have(
    loop_and_conn: tuple[asyncio.Runner, Connection], data: st.DataObject
) -> None:
    runner, conn = loop_and_conn
    facts = data.draw(histories())
    runner.run(_corrected(conn, facts, data.draw(right_values(facts))))
