"""An alert that is withdrawn says what was changed: the data, or what it is judged by."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fhir_r4.alerts import alert_resources
from model.calendar import DAY_MS, MINUTE_MS
from model.intensity import HeartProfile
from model.messages.alert_event import read_snapshot
from model.prescribing.rule_settings import RuleSetting
from model.prescription import Intensity, Prescription
from storage.alerts import to_judge
from storage.pg.pool import Connection
from storage.rights import restrictions
from storage.ruling.settings import put_setting
from stream.deriving import patient_inputs
from tests.storage.inline import INLINE_NOW, Inline, open_inline, pain_answer
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio
_PAIN_AT = T0 + 40 * MINUTE_MS
_HIGHER = {"P1": {"very_high": 10.0}}
_LAST = "select to_state, reason from alert_move order by id desc limit 1"
_EVENT = "select body -> 'alert' from outbox where channel = 'alerts' order by id desc limit 1"
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 8, 3),
    valid_to=date(2026, 12, 27),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    """Give a worker whose patient p1 has an alert about pain of 9."""
    await patient_inputs.prescribe(conn, "p1", _PLAN, INLINE_NOW - 30 * DAY_MS)
    await conn.commit()
    async with open_inline(dsn, conn, tmp_path) as inline:
        await inline.receive("reports", pain_answer())
        await inline.judge()
        assert await inline.rows("select state from alert") == [("open",)]
        yield inline


async def _set(conn: Connection) -> None:
    made = RuleSetting(
        patient="",
        rule="P1",
        name="very_high",
        value=10,
        set_ms=INLINE_NOW,
        set_by="c",
        why="agreed",
    )
    assert await put_setting(conn, "unit", made)
    await to_judge.mark_all(conn, ["p1"], INLINE_NOW, "rule setting")


async def _prescribe(conn: Connection) -> None:
    plan = replace(_PLAN, version=2, rules=_HIGHER)
    await patient_inputs.prescribe(conn, "p1", plan, INLINE_NOW - 30 * DAY_MS)


async def _restrict(conn: Connection) -> None:
    await restrictions.add_restriction(
        conn, "p1", interval=(_PAIN_AT, _PAIN_AT + 1), by="c", why="disputed", now_ms=INLINE_NOW
    )


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        (_set, "settings changed", "a threshold, a profile or the prescription was changed"),
        (_prescribe, "settings changed", "a threshold, a profile or the prescription was changed"),
        (_restrict, "restricted", "use of the data was restricted"),
    ],
)
async def test_no_data_is_called_corrected_that_is_not(
    world: Inline, conn: Connection, change: object, reason: str, words: str
) -> None:
    assert callable(change)
    await change(conn)
    await conn.commit()
    await world.judge()
    assert await world.rows(_LAST) == [("retracted", reason)]
    assert (await _event(world), await _task_reason(world)) == (reason, words)


async def test_an_answer_that_is_lowered_is_called_corrected(world: Inline) -> None:
    await world.receive("reports", pain_answer(value=2, revision=1))
    await world.judge()
    assert await world.rows(_LAST) == [("retracted", "corrected")]
    assert await _task_reason(world) == "the data was corrected or completed"


async def test_of_both_at_once_both_are_named(world: Inline, conn: Connection) -> None:
    await _set(conn)
    await conn.commit()
    await world.receive("reports", pain_answer(value=2, revision=1))
    await world.judge()
    assert await world.rows(_LAST) == [("retracted", "data or settings changed")]


async def test_a_cause_outlives_an_earlier_request_and_a_fault(conn: Connection) -> None:
    profile = HeartProfile(valid_from=date(2026, 1, 1), hr_max=150.0)
    await patient_inputs.change_profile(conn, "p1", profile, 50)
    await to_judge.settle_all(conn, {"p1": 20})
    for why in ("zone", "facts", "zone", "fault"):
        await to_judge.mark_due(conn, "p1", 90, why)
    assert await to_judge.take_due(conn, 19, 5) == {}
    assert await to_judge.take_due(conn, 20, 5) == {"p1": {"zone", "facts", "fault"}}


async def _event(world: Inline) -> object:
    [(snapshot,)] = await world.rows(_EVENT)
    assert isinstance(snapshot, dict)
    return snapshot["retraction"]


async def _task_reason(world: Inline) -> object:
    [(snapshot,)] = await world.rows(_EVENT)
    assert isinstance(snapshot, dict)
    tasks = [row for row in alert_resources(read_snapshot(snapshot)) if "statusReason" in row]
    return tasks[0]["statusReason"]["text"]
