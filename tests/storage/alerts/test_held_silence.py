"""A silence that was held back is one, however late and in how many pieces older data arrive."""

from datetime import date

import pytest

from model.calendar import DAY_MS
from model.prescription import Intensity, Pause, Prescription
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.storage.alerts.test_restricted import rules_judged
from tests.storage.tellers import T0, attributed_fact, run

pytestmark = pytest.mark.anyio
_HELD = "select rule, why, evidence ->> 'last' from held_finding where rule = 'D1' order by at"
_BREAK = Pause(first=date(2026, 9, 24), last=date(2026, 12, 20), why="holiday")
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 8, 3),
    valid_to=date(2026, 12, 27),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="bpm", low=100, high=120),
    pauses=(_BREAK,),
)


async def _judged(conn: Connection, day: float, now_day: float) -> list[tuple[str, str]]:
    """Deliver the run of a day, judge at another, and return what is held of silences."""
    now_ms, begun_ms = T0 + int(now_day * DAY_MS), T0 + int(day * DAY_MS)
    run_facts = run(f"r{day}", begun_ms)
    facts = [attributed_fact(fact, "p1", f"body-{day}", now_ms) for fact in run_facts]
    for patient, spans in (await write_facts(conn, facts)).affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    await rules_judged(conn, now_ms)
    return [row[1:] for row in await (await conn.execute(_HELD)).fetchall()]


async def test_a_history_that_arrives_day_by_day_is_one_silence(conn: Connection) -> None:
    await patient_inputs.prescribe(conn, "p1", _PLAN, T0 - 30 * DAY_MS)
    assert await _judged(conn, 0, 15) == [("pause", "2026-09-21")]
    assert await _judged(conn, 1, 15.1) == [("pause", "2026-09-22")]
    assert await _judged(conn, 4, 15.2) == [("pause", "2026-09-25")]
    # it has ended, and another one begins
    assert await _judged(conn, 15, 15.3) == [("pause", "2026-09-25")]
    assert await _judged(conn, 16, 24) == [("pause", "2026-09-25"), ("pause", "2026-10-07")]


async def test_what_is_too_old_to_raise_an_alert_is_not_held_back(conn: Connection) -> None:
    await patient_inputs.prescribe(conn, "p1", _PLAN, T0 - 30 * DAY_MS)
    assert await _judged(conn, 0, 22) == []
    assert await _judged(conn, 1, 22) == [("pause", "2026-09-22")]
