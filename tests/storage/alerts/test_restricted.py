"""Alerts that rest on restricted facts are retracted, and return when the facts are used again."""

from dataclasses import replace
from datetime import date

import pytest

from clinic.alert_commands import carry_out
from model.calendar import MINUTE_MS, utc
from model.facts import Phase
from model.prescription import Intensity, Prescription
from storage import audit
from storage.alerts import rule_inputs, to_judge
from storage.alerts.commands import AlertCommand
from storage.facts.writer import write_facts
from storage.people import care_team
from storage.pg.pool import Connection
from storage.rights import restrictions
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from stream.judge_patient import apply_judgements, verdict
from tests.storage.tellers import T0, attributed_fact, pain, run

pytestmark = pytest.mark.anyio
_DAY = 1440 * MINUTE_MS
PAIN_MS = T0 + 3 * 60 * MINUTE_MS
PAIN_AT = T0 + 40 * MINUTE_MS


async def in_pain(conn: Connection, value: float = 9) -> None:
    """Leave a prescription, a run, and an answer about pain after it."""
    await care_team.add_clinician(
        conn, care_team.Clinician(subject="c", name="C", email="c@example.org", unit="unit")
    )
    plan = Prescription(
        id="rx",
        version=1,
        valid_from=date(2026, 8, 3),
        valid_to=date(2026, 12, 27),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
    )
    await patient_inputs.prescribe(conn, "p1", plan, PAIN_MS - 30 * _DAY)
    facts = [
        *map(attributed_fact, run()),
        attributed_fact(pain("q1", PAIN_AT, value, session="r1")),
    ]
    for patient, spans in (await write_facts(conn, facts)).affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))


async def rules_judged(conn: Connection, now_ms: int) -> tuple[list[str], list[str]]:
    """Judge, and return the rules of findings that raise, and the states of all alerts."""
    await to_judge.take_due(conn, now_ms, 10)
    await patient_inputs.derive_stale(conn, ["p1"])
    result = verdict((await rule_inputs.load_all(conn, ["p1"], now_ms))["p1"], now_ms)
    await apply_judgements(conn, {"p1": result}, now_ms)
    rows = await (await conn.execute("select rule, state from alert order by rule")).fetchall()
    return [row[0] for row in rows if row[1] == "open"], [f"{row[0]} {row[1]}" for row in rows]


@pytest.mark.promise(10)
@pytest.mark.parametrize("source", ["", "reports"])
async def test_an_alert_is_retracted_and_returns(conn: Connection, source: str) -> None:
    await in_pain(conn)
    before, _ = await rules_judged(conn, PAIN_MS)
    assert before
    number = await restrictions.add_restriction(
        conn, "p1", interval=(PAIN_AT, PAIN_AT + 1), source=source,
        by="c", why="disputed", now_ms=PAIN_MS,
    )  # fmt: skip
    live, states = await rules_judged(conn, PAIN_MS + 1)
    assert live == []
    assert {state.split()[1] for state in states} == {"retracted"}
    await restrictions.note_notice(conn, number, how="by phone", now_ms=PAIN_MS)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=PAIN_MS)
    assert (await rules_judged(conn, PAIN_MS + 2))[0] == before


@pytest.mark.promise(9)
async def test_while_an_objection_waits_nothing_is_raised(conn: Connection) -> None:
    number = await restrictions.record_objection(conn, "p1", by="c", why="no", now_ms=PAIN_MS)
    await in_pain(conn)
    assert await rules_judged(conn, PAIN_MS + 1) == ([], [])
    await restrictions.answer_objection(conn, number, by="c", ground="care", now_ms=PAIN_MS + 1)
    assert (await rules_judged(conn, PAIN_MS + 2))[0] != []


@pytest.mark.promise(10)
async def test_an_alert_is_given_back_as_it_was_when_its_pain_is_old(conn: Connection) -> None:
    await in_pain(conn)
    await rules_judged(conn, PAIN_MS)
    await conn.execute("update alert set state = 'in_progress', assignee = 'c'")
    await conn.execute("delete from outbox")
    number = await restrictions.add_restriction(
        conn, "p1", interval=(PAIN_AT, PAIN_AT + 1), by="c", why="disputed", now_ms=PAIN_MS
    )
    _, states = await rules_judged(conn, PAIN_MS + _DAY)
    assert {state.split()[1] for state in states} == {"retracted"}
    await restrictions.note_notice(conn, number, how="by phone", now_ms=PAIN_MS + _DAY)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=PAIN_MS + 31 * _DAY)
    # past the 14 days in which it may raise an alert, and the 28 that the rule looks back
    _, states = await rules_judged(conn, PAIN_MS + 31 * _DAY)
    assert [state for state in states if state.startswith("P1")] == ["P1 in_progress"]
    history = await conn.execute(
        "select m.kind, m.from_state, m.to_state, m.reason, a.assignee from alert_move m "
        "join alert a on a.id = m.alert where a.rule = 'P1' order by m.id desc limit 1"
    )
    why = "what it rests on counts again"
    assert await history.fetchall() == [("restore", "retracted", "in_progress", why, "c")]
    # nobody is written to about old pain
    about = (
        "select count(*) from outbox o join alert a on o.key like a.id::text || '/%' "
        "where a.rule = 'P1'"
    )
    assert await (await conn.execute(about)).fetchone() == (0,)


@pytest.mark.promise(10)
@pytest.mark.parametrize("later", [2, 31 * _DAY])
async def test_a_part_of_the_evidence_comes_back_without_a_word(
    conn: Connection, later: int
) -> None:
    begun = await _in_pain_twice(conn)
    await conn.execute("update alert set state = 'acknowledged', assignee = 'c'")
    await conn.execute("delete from outbox")
    had = await _shown(conn)
    number = await restrictions.add_restriction(
        conn, "p1", interval=(PAIN_AT, PAIN_AT + 1), by="c", why="disputed", now_ms=begun
    )
    await rules_judged(conn, begun + 1)
    assert {row[1] for row in had} == {"A"}
    [in_part] = await _shown(conn)
    assert in_part[:4] == ("P1", "B", "acknowledged", "c")
    await restrictions.note_notice(conn, number, how="by phone", now_ms=begun + 1)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=begun + 1)
    await rules_judged(conn, begun + later)
    assert await _shown(conn) == had
    moved = await conn.execute(
        "select kind, from_state, to_state, reason from alert_move m where at = "
        "(select max(at) from alert_move) and kind <> 'raise'"
    )
    why = "what it rests on counts again"
    assert ("restore", "acknowledged", "acknowledged", why) in await moved.fetchall()
    assert await (await conn.execute("select count(*) from outbox")).fetchone() == (0,)


async def _in_pain_twice(conn: Connection) -> int:
    """Leave an alert of two answers, and return when it was judged.

    The second is of tier B, and nobody disputes it.
    """
    await in_pain(conn)
    mild_at = PAIN_AT + 24 * 60 * MINUTE_MS
    mild = attributed_fact(replace(pain("q2", mild_at, 8), phase=Phase.BEFORE))
    for patient, spans in (await write_facts(conn, [mild])).affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    begun = PAIN_MS + 2 * _DAY
    await rules_judged(conn, begun)
    return begun


@pytest.mark.promise(10)
@pytest.mark.parametrize(("acted_days", "state"), [(2, "acknowledged"), (4, "open")])
async def test_who_took_up_only_the_milder_part_has_not_seen_what_comes_back(
    conn: Connection, acted_days: int, state: str
) -> None:
    await _in_pain_twice(conn)
    number = 0
    for days in (2, 3, 4):
        now_ms = PAIN_MS + days * _DAY
        if days == 3:
            number = await restrictions.add_restriction(
                conn, "p1", interval=(PAIN_AT, PAIN_AT + 1), by="c", why="disputed", now_ms=now_ms
            )
        await rules_judged(conn, now_ms)
        if days == acted_days:
            await _acknowledge(conn, now_ms)
    await conn.execute("delete from outbox")
    await restrictions.note_notice(conn, number, how="by phone", now_ms=now_ms)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=now_ms)
    await rules_judged(conn, now_ms + 1)
    assert {row[1:3] for row in await _shown(conn)} == {("A", state)}
    # nobody is written to, and the hours to acknowledge begin where it waits for somebody
    assert await (await conn.execute("select count(*) from outbox")).fetchone() == (0,)
    waits = await conn.execute("select unseen_since from alert where family = 'pain'")
    assert await waits.fetchall() == [(utc(now_ms + 1) if state == "open" else None,)]


async def _acknowledge(conn: Connection, now_ms: int) -> None:
    live = (await rule_inputs.load_all(conn, ["p1"], now_ms))["p1"].live
    [alert] = [row.id for row in live if row.family == "pain"]
    actor = audit.Actor(subject="c", role="clinician", care_unit="unit")
    await carry_out(conn, AlertCommand(alert=alert, action="acknowledge", actor=actor), now_ms)


async def _shown(conn: Connection) -> list[tuple[str, ...]]:
    """Return the live alerts about pain with tier, state, sentence and evidence."""
    shown = await conn.execute(
        "select a.rule, a.tier, a.state, a.assignee, a.sentence, f.rule || f.key from alert a "
        "join alert_finding f on f.alert = a.id and f.current "
        "where a.family = 'pain' and a.state <> 'retracted' order by f.rule, f.key"
    )
    return list(await shown.fetchall())


@pytest.mark.promise(10)
@pytest.mark.parametrize("later", [2, 31 * _DAY])
async def test_evidence_that_was_milder_for_a_while_comes_back_without_a_word(
    conn: Connection, later: int
) -> None:
    await in_pain(conn)
    # an answer of now counts as one about exercise because of the workout before it
    now_answer = replace(pain("q1", PAIN_AT, 9, revision=1), phase=Phase.NONE)
    await write_facts(conn, [attributed_fact(now_answer)])
    await conn.execute("delete from alert_finding")
    await rules_judged(conn, PAIN_MS)
    await conn.execute("update alert set state = 'acknowledged', assignee = 'c'")
    await conn.execute("delete from outbox")
    had = await _shown(conn)
    number = await restrictions.add_restriction(
        conn, "p1", interval=(T0, T0 + 1), source="files", by="c", why="disputed", now_ms=PAIN_MS
    )
    await rules_judged(conn, PAIN_MS + 1)
    assert [row[1] for row in had] == ["A"]
    assert [row[1] for row in await _shown(conn)] == ["B"]
    await restrictions.note_notice(conn, number, how="by phone", now_ms=PAIN_MS + 1)
    await restrictions.lift_restriction(conn, number, by="c", now_ms=PAIN_MS + 1)
    await rules_judged(conn, PAIN_MS + later)
    assert await _shown(conn) == had
    assert await (await conn.execute("select count(*) from outbox")).fetchone() == (0,)
