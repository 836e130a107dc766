"""What the rules about the heart read comes from the database, for whom a prescription asks."""

from dataclasses import replace
from datetime import date

import pytest

from alerts.registry import judge
from model.alert import RuleInput, Tier
from model.calendar import DAY_MS
from model.intensity import HeartProfile
from model.prescription import Intensity, Prescription
from storage.alerts import rule_inputs
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import values_of
from tests.storage.tellers import T0, attributed_batch, block, head, run

pytestmark = pytest.mark.anyio
HEART_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 8, 3),
    valid_to=date(2026, 12, 27),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="rpe_cr10", low=3, high=5),
    hr_ceiling=115.0,
    rules={"H1": {"on": 1}, "H4": {"on": 1}},
)


async def _loaded(conn: Connection, plan: Prescription) -> RuleInput:
    """Tell of a run at 120 beats a minute and of two weighings, and return the rules' input."""
    await patient_inputs.prescribe(conn, "p1", plan, T0 - 30 * DAY_MS)
    weights = [
        replace(block(head(name, at, at), [at], [kg]), metric="weight")
        for name, at, kg in (("s1", T0 - 2 * DAY_MS, 80.0), ("s2", T0 - DAY_MS, 82.5))
    ]
    written = await write_facts(conn, attributed_batch([*run(), *weights]))
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    return (await rule_inputs.load_all(conn, ["p1"], T0 + DAY_MS))["p1"].judgeable


async def test_who_is_asked_for_gets_what_was_measured(conn: Connection) -> None:
    on = await _loaded(conn, HEART_PLAN)
    (session,) = on.sessions
    (above,) = session.above_ceiling
    assert (above.start_ms, above.n, above.far) == (T0, 180, False)
    assert values_of(on.weighings, "kg") == [80.0, 82.5]
    excess, gain = [row for row in judge(on) if row.family == "heart"]
    assert (excess.rule, excess.tier, excess.evidence["ceiling"]) == ("H1", Tier.B, 115.0)
    assert excess.at_ms == above.end_ms
    assert (gain.rule, gain.key) == ("H4", "2026-09-20")


@pytest.mark.parametrize("rules", [None, {"H1": {"on": 0}}, {"P4": {"rise": 3}}])
async def test_nothing_is_read_for_who_is_not_asked_for(
    conn: Connection, rules: dict[str, dict[str, float]] | None
) -> None:
    on = await _loaded(conn, replace(HEART_PLAN, rules=rules))
    assert on.weighings == ()


async def test_a_profile_of_today_says_whether_the_heart_is_ill(conn: Connection) -> None:
    ill = HeartProfile(valid_from=date(2026, 9, 1), coronary_disease=True)
    await patient_inputs.change_profile(conn, "p1", ill, T0)
    assert (await rule_inputs.load_all(conn, ["p1"], T0))["p1"].judgeable.cardiac
    well = HeartProfile(valid_from=date(2026, 9, 10))
    await patient_inputs.change_profile(conn, "p1", well, T0)
    assert not (await rule_inputs.load_all(conn, ["p1"], T0))["p1"].judgeable.cardiac
