"""Alerts on a corrected value are retracted; the right value raises what it would have."""

import pytest

from model.privacy.rectification import RightValues
from storage.alerts import rule_inputs
from storage.pg.pool import Connection
from storage.rights import corrections
from storage.rights.corrections import CorrectedRecord
from stream.deriving import patient_inputs
from stream.judge_patient import verdict
from tests.storage.alerts.test_restricted import PAIN_MS, in_pain, rules_judged

pytestmark = pytest.mark.anyio


async def _correct(conn: Connection, record: str, right: RightValues) -> int:
    meant = CorrectedRecord(record=record)
    return await corrections.correct_record(
        conn, "p1", meant, right, by="c", why="slip of a digit", now_ms=PAIN_MS
    )


async def _verdict(conn: Connection) -> object:
    await patient_inputs.derive_stale(conn, ["p1"])
    return verdict((await rule_inputs.load_all(conn, ["p1"], PAIN_MS + 2))["p1"], PAIN_MS + 2)


@pytest.mark.promise(11)
async def test_an_alert_on_a_wrong_value_is_retracted_and_not_deleted(conn: Connection) -> None:
    await in_pain(conn)
    before, _ = await rules_judged(conn, PAIN_MS)
    assert before
    number = await _correct(conn, "q1", RightValues(value=1.0))
    live, states = await rules_judged(conn, PAIN_MS + 1)
    assert live == []
    assert {state.split()[1] for state in states} == {"retracted"}
    await corrections.withdraw_correction(conn, number, by="c", why="it was 9", now_ms=PAIN_MS + 1)
    assert (await rules_judged(conn, PAIN_MS + 2))[0] == before


@pytest.mark.promise(11)
@pytest.mark.parametrize(("stated", "right"), [(9, 1), (1, 9), (9, 7), (0, 10)])
async def test_the_judgement_is_that_of_a_world_where_the_right_value_came_at_once(
    conn: Connection, stated: float, right: float
) -> None:
    async with conn.transaction(force_rollback=True):
        await in_pain(conn, right)
        came_at_once = await _verdict(conn)
    await in_pain(conn, stated)
    assert await _verdict(conn) != came_at_once
    await _correct(conn, "q1", RightValues(value=float(right)))
    assert await _verdict(conn) == came_at_once


@pytest.mark.promise(11)
async def test_a_report_that_does_not_hold_at_all_raises_nothing(conn: Connection) -> None:
    await in_pain(conn)
    await _correct(conn, "q1", RightValues(void=True))
    assert await rules_judged(conn, PAIN_MS + 1) == ([], [])
