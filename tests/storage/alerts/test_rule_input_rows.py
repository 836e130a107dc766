"""What the rules get from the rows of the database: times in the range, and earlier weeks."""

from datetime import date, timedelta

import pytest

from model.calendar import MINUTE_MS
from model.facts import AttributedFact
from model.prescription import Intensity, Prescription
from storage.alerts import rule_inputs
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import settings
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import values_of
from tests.storage.tellers import T0, attributed_fact, run

pytestmark = pytest.mark.anyio
_DAY = 1440 * MINUTE_MS
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 8, 3),
    valid_to=date(2026, 12, 27),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="bpm", low=100, high=120),
)


async def _tell(conn: Connection, *attributed: AttributedFact) -> None:
    written = await write_facts(conn, attributed)
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))


async def test_a_session_has_its_time_beside_the_prescribed_range(conn: Connection) -> None:
    await settings.prescribe(conn, "p1", _PLAN, T0 - 30 * _DAY)
    await _tell(conn, *map(attributed_fact, run()))
    loaded = (await rule_inputs.load_all(conn, ["p1"], T0 + _DAY))["p1"].judgeable
    (session,) = loaded.sessions
    # 120 is the end of [100, 120) and so above it
    assert session.range_ms == (0, 0, 30 * MINUTE_MS)
    assert session.timer_ms == 30 * MINUTE_MS


async def test_weeks_before_the_look_back_are_apart(conn: Connection) -> None:
    await _tell(conn, *map(attributed_fact, run()), *map(attributed_fact, run("r2", T0 + 7 * _DAY)))
    now = T0 + (7 + rule_inputs.LOOK_BACK_DAYS) * _DAY
    loaded = (await rule_inputs.load_all(conn, ["p1"], now))["p1"].judgeable
    monday = date(2026, 9, 21)
    assert values_of(loaded.earlier_weeks, "monday") == [monday]
    assert values_of(loaded.weeks, "monday") == [monday + timedelta(days=7)]
    assert loaded.earlier_weeks[0].sessions == 1
    later = T0 + (rule_inputs.EARLIER_DAYS + 1) * _DAY
    after = (await rule_inputs.load_all(conn, ["p1"], later))["p1"].judgeable
    assert values_of(after.earlier_weeks, "monday") == [monday + timedelta(days=7)]
