"""What the rules get from the rows of the database: times in the range, and earlier weeks."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace

import pytest

from model.calendar import MINUTE_MS, local_date, midnight, utc
from model.facts import AttributedFact
from model.prescribing.blocked_dates import NO_CONSENT, OBJECTED, RESTRICTED
from model.prescribing.rule_settings import PROFILE, SHADOW, RuleSetting, RuleSettings
from model.prescription import Intensity, Pause, Prescription
from storage.alerts import rule_inputs
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.rights import restrictions
from storage.ruling import held_findings, quality
from storage.ruling import settings as rule_settings
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import values_of
from tests.storage.alerts.test_restricted import PAIN_MS, in_pain, rules_judged
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


_CONSENT = """
insert into consent (patient, vendor, given_at, recorded_at)
select id, 'files', %s, now() from patient where pseudonym = 'p1'"""


async def _tell(conn: Connection, *attributed: AttributedFact) -> None:
    written = await write_facts(conn, attributed)
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))


async def test_a_session_has_its_time_beside_the_prescribed_range(conn: Connection) -> None:
    await patient_inputs.prescribe(conn, "p1", _PLAN, T0 - 30 * _DAY)
    await _tell(conn, *map(attributed_fact, run()))
    loaded = (await rule_inputs.load_all(conn, ["p1"], T0 + _DAY))["p1"].judgeable
    (session,) = loaded.sessions
    # 120 is the end of [100, 120) and so above it
    assert session.range_ms == (0, 0, 30 * MINUTE_MS)
    assert session.timer_ms == 30 * MINUTE_MS


async def test_dates_without_consent_are_a_pause_of_the_prescription(conn: Connection) -> None:
    await patient_inputs.prescribe(conn, "p1", _PLAN, T0 - 30 * _DAY)
    await conn.execute(_CONSENT, [utc(T0)])
    held = (await rule_inputs.load_all(conn, ["p1"], T0 + _DAY))["p1"].judgeable
    assert held.prescriptions[0].pauses == ()
    await conn.execute("update consent set withdrawn_at = %s", [utc(T0 + _DAY)])
    gone = (await rule_inputs.load_all(conn, ["p1"], T0 + 9 * _DAY))["p1"].judgeable
    first = local_date(T0 + 2 * _DAY, gone.zone)
    pause = Pause(first=first, last=_PLAN.valid_to, why=NO_CONSENT)
    assert gone.prescriptions[0].pauses == (pause,)
    assert gone.prescriptions[0].sha256 == held.prescriptions[0].sha256


async def test_dates_that_a_restriction_touches_are_a_pause_until_it_is_lifted(
    conn: Connection,
) -> None:
    async def pauses() -> tuple[Pause, ...]:
        loaded = await rule_inputs.load_all(conn, ["p1"], T0 + 9 * _DAY)
        return loaded["p1"].judgeable.prescriptions[0].pauses

    await patient_inputs.prescribe(conn, "p1", _PLAN, T0 - 30 * _DAY)
    day = local_date(T0, "Europe/Stockholm")
    until_ms = midnight(day + timedelta(days=2), "Europe/Stockholm")
    restrict = partial(restrictions.add_restriction, conn, "p1", by="c", why="disputed", now_ms=T0)
    # another source may still tell of a session, so one alone takes nothing
    await restrict(interval=(T0, None), source="files")
    assert await pauses() == ()
    number = await restrict(interval=(T0, until_ms))
    restricted = Pause(first=day, last=day + timedelta(days=1), why=RESTRICTED)
    assert await pauses() == (restricted,)
    later = T0 + 5 * _DAY
    objection = await restrictions.record_objection(conn, "p1", by="c", why="no", now_ms=later)
    objected = Pause(first=day + timedelta(days=5), last=_PLAN.valid_to, why=OBJECTED)
    assert await pauses() == (restricted, objected)
    await restrictions.answer_objection(conn, objection, by="c", ground="care", now_ms=later)
    await restrictions.note_notice(conn, number, how="by phone", now_ms=later)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=later)
    assert await pauses() == ()


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


def _live(patient: str, day: int, late_ms: int = _DAY) -> list[AttributedFact]:
    """Return a workout of a day, received `late_ms` after it began."""
    start = T0 + day * _DAY
    facts = run(f"live-{day}", start)
    return [attributed_fact(fact, patient, f"{patient}-{day}", start + late_ms) for fact in facts]


async def _silent(conn: Connection, day: int) -> dict[str, tuple[int, int]]:
    loaded = await rule_inputs.load_all(conn, ["p1"], T0 + day * _DAY)
    return dict(loaded["p1"].judgeable.silent_patients)


async def test_who_was_delivered_to_and_is_no_more_counts_as_silent(conn: Connection) -> None:
    await _tell(conn, *_live("p1", 0), *_live("p1", 2), *_live("p2", 1), *_live("p2", 6))
    assert await _silent(conn, 3) == {}
    assert await _silent(conn, 7) == {"files": (1, 2)}
    assert await _silent(conn, 9) == {"files": (2, 2)}


async def test_it_is_known_when_a_history_was_loaded_last(conn: Connection) -> None:
    async def history() -> list[int | None]:
        loaded = await rule_inputs.load_all(conn, ["p1"], T0 + 30 * _DAY)
        return values_of(loaded["p1"].judgeable.watermarks, "history_ms")

    await _tell(conn, *_live("p1", 1))
    assert await history() == [None]
    await _tell(conn, *_live("p1", 0, 5 * _DAY))
    assert await history() == [T0 + 5 * _DAY]
    # what is not old, or came before, changes nothing; a later old recording does
    await _tell(conn, *_live("p1", 6), *_live("p1", -3, 6 * _DAY))
    assert await history() == [T0 + 5 * _DAY]
    await _tell(conn, *_live("p1", -3, 10 * _DAY))
    assert await history() == [T0 + 7 * _DAY]


async def test_a_history_that_was_loaded_is_no_outage_of_its_vendor(conn: Connection) -> None:
    """Old data that comes late, or all at once, is no vendor that delivered and then stopped."""
    late, once = 20 * _DAY, T0 + 3 * _DAY
    await _tell(conn, *_live("p1", 0, late), *_live("p1", 2, late))
    for day in (1, 2):
        await _tell(conn, *_live("p2", day, once - T0 - day * _DAY))
    # nobody delivered as it was measured, so nobody can have stopped
    assert await _silent(conn, 7) == {}
    # a third patient, who does get data, is all whom the vendor delivers to
    await _tell(conn, *_live("p3", 5), *_live("p3", 7))
    assert await _silent(conn, 8) == {"files": (0, 1)}


async def test_settings_and_restrictions_of_a_patient_are_loaded(conn: Connection) -> None:
    change = RuleSetting(
        patient="", rule="A2", name="missed", value=4, set_ms=T0, set_by="c", why="agreed"
    )
    for made in (
        change,
        replace(change, patient="p1", value=5),
        replace(change, patient="p1", value=None),
        replace(change, rule="A1", name=SHADOW, value=1),
        replace(change, patient="p1", rule="", name=PROFILE, value=None, word="back_pain"),
    ):
        assert await rule_settings.put_setting(conn, "unit", made)
    assert not await rule_settings.put_setting(conn, "unit", replace(change, patient="nobody"))
    await conn.execute(
        "insert into restriction (patient, kind, from_at, until_at, set_by, why) "
        "select id, 'restriction', to_timestamp(1), to_timestamp(2), 'c', 'disputed' from patient "
        "where pseudonym = 'p1'"
    )
    on = (await rule_inputs.load_all(conn, ["p1"], T0))["p1"].judgeable
    assert on.settings == RuleSettings(
        unit={"A2": {"missed": 4}}, profile="back_pain", shadow=frozenset({"A1"})
    )
    assert on.restricted == ((1_000, 2_000),)


@pytest.mark.parametrize(
    ("state", "resolution", "days_ago", "contacts"),
    [
        ("resolved", "contacted", 8, {"pain": (PAIN_MS,)}),
        ("resolved", "plan changed: less of it", 8, {"pain": (PAIN_MS,)}),
        ("resolved", "not relevant", 8, {}),
        ("retracted", "contacted", 8, {}),
        ("open", "", 8, {}),
        ("resolved", "contacted", 60, {"pain": (PAIN_MS,)}),
        ("resolved", "contacted", 61, {}),  # no rule looks back so far
    ],
)
async def test_contacts_are_loaded(
    conn: Connection,
    state: str,
    resolution: str,
    days_ago: int,
    contacts: dict[str, tuple[int, ...]],
) -> None:
    await in_pain(conn)
    assert (await rules_judged(conn, PAIN_MS))[0]
    await conn.execute("update alert set state = %s, resolution = %s", (state, resolution))
    loaded = await rule_inputs.load_all(conn, ["p1"], PAIN_MS + days_ago * _DAY)
    assert loaded["p1"].judgeable.contacts == contacts


async def test_an_outage_is_one_notice(conn: Connection) -> None:
    assert await held_findings.put_outage(conn, "files", 5, 6, T0)
    assert not await held_findings.put_outage(conn, "files", 6, 6, T0 + _DAY)
    assert values_of(
        [SimpleNamespace(**row) for row in await quality.open_outages(conn, T0 + 2 * _DAY)],
        "vendor",
        "silent",
        "from_ms",
    ) == [("files", 6, T0)]
    assert await quality.open_outages(conn, T0 + 4 * _DAY) == []
    assert await held_findings.put_outage(conn, "files", 5, 6, T0 + 9 * _DAY)
