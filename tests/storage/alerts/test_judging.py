"""Judging through the database, with the real rules and lifecycle.

Steps are carried out, mail is written, and the next look is set.
"""

from datetime import date

import pytest

from alerts import registry
from model.alert import Alert, AlertState, RuleInput, Tier
from model.calendar import MINUTE_MS
from model.facts import AttributedFact, Workout
from model.keyring import KeyRing
from model.messages.outgoing import MAIL, ReceiverKind
from model.prescription import Intensity, Prescription
from storage.alerts import outbox, rule_inputs, to_judge
from storage.digest import table_digests
from storage.facts.writer import write_facts
from storage.people import care_team, patients
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from stream.judge_patient import apply_judgements, verdict
from tests.rows import values_of
from tests.storage.tellers import (
    PERSON,
    PHONE,
    T0,
    attributed_fact,
    deletion,
    head,
    pain,
    run,
)

pytestmark = pytest.mark.anyio
_DAY = 1440 * MINUTE_MS
_NOW = T0 + 3 * 60 * MINUTE_MS


async def _tell(conn: Connection, *attributed: AttributedFact) -> None:
    written = await write_facts(conn, attributed)
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    await to_judge.mark_all(conn, list(written.affected), _NOW, "facts")


async def _judge(
    conn: Connection, now: int = _NOW
) -> tuple[RuleInput, tuple[Alert, ...], tuple[Alert, ...]]:
    on = (await rule_inputs.load_all(conn, ["p1"], now))["p1"]
    await apply_judgements(conn, {"p1": verdict(on, now)}, now)
    after = (await rule_inputs.load_all(conn, ["p1"], now))["p1"]
    return after.judgeable, after.live, after.recent


async def _prescribed(conn: Connection) -> None:
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
    await patient_inputs.prescribe(conn, "p1", plan, _NOW - 30 * _DAY)


async def mails(conn: Connection) -> list[str]:
    return values_of(await outbox.take_messages(conn, MAIL, _NOW, 10), "recipient")


async def test_very_high_pain_raises_one_alert_and_one_mail_however_often_judged(
    conn: Connection,
) -> None:
    await _prescribed(conn)
    await _tell(
        conn,
        *map(attributed_fact, run()),
        attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9, session="r1")),
    )
    on, live, recent = await _judge(conn)
    assert values_of(live, "rule", "tier", "state", "raised_ms") == [
        ("P1", Tier.A, AlertState.OPEN, _NOW)
    ]
    assert values_of(on.pain, "session") == [on.sessions[0].id]
    before = await table_digests(conn)
    _, again, _ = await _judge(conn)
    assert (again, recent) == (live, ())
    assert await table_digests(conn) == before
    assert await mails(conn) == ["c@example.org"]
    row = await (await conn.execute("select body::text from outbox")).fetchone()
    assert row is not None
    assert "9" not in row[0]


@pytest.mark.parametrize("named", ["r1", ""])
@pytest.mark.parametrize("state", ["open", "acknowledged", "in_progress", "snoozed"])
async def test_an_alert_that_was_raised_before_its_session_came_leads_to_it_later(
    conn: Connection, named: str, state: str
) -> None:
    await _prescribed(conn)
    await _tell(conn, attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9, session=named)))
    _, (alert,), _ = await _judge(conn)
    assert alert.findings["P1:q1"].session is None
    until = _NOW + _DAY if state == "snoozed" else None
    await conn.execute(
        "update alert set state = %s, snoozed_until = to_timestamp(%s / 1000.0)", [state, until]
    )
    await _tell(conn, *map(attributed_fact, run()))
    on, (linked,), _ = await _judge(conn, _NOW + 1)
    finding = linked.findings["P1:q1"]
    assert finding.session == on.sessions[0].id
    assert finding.evidence["ratings"][0]["session"] == on.sessions[0].id
    # it is the same alert in the same state, and nobody is told again
    assert (linked.id, linked.state, linked.raised_ms) == (alert.id, state, alert.raised_ms)
    assert await mails(conn) == ["c@example.org"]


async def test_pain_that_names_a_session_within_another_passes_to_the_other(
    conn: Connection,
) -> None:
    inner = head("p1", T0 + 5 * MINUTE_MS, T0 + 25 * MINUTE_MS, source=PHONE)
    await _tell(
        conn,
        *map(attributed_fact, run()),
        attributed_fact(Workout(head=inner, type="cycling")),
        attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9, session="p1")),
    )
    on, _, _ = await _judge(conn)
    assert values_of(on.sessions, "start_ms") == [T0]
    assert values_of(on.pain, "session") == [None]  # the rule matches it by its time


async def test_a_clinician_without_an_address_gets_no_mail(conn: Connection) -> None:
    await _prescribed(conn)
    await care_team.add_clinician(
        conn, care_team.Clinician(subject="d", name="D", email="", unit="unit")
    )
    await _tell(
        conn, *map(attributed_fact, run()), attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9))
    )
    await _judge(conn)
    assert await mails(conn) == ["c@example.org"]


async def test_a_correction_retracts_with_its_reason(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(
        conn, *map(attributed_fact, run()), attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9))
    )
    await _judge(conn)
    await _tell(conn, attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 2, revision=1)))
    _, live, recent = await _judge(conn)
    assert live == ()
    assert values_of(recent, "state", "retracted_from") == [(AlertState.RETRACTED, AlertState.OPEN)]
    moves = await (
        await conn.execute("select from_state, to_state, reason from alert_move order by id")
    ).fetchall()
    assert moves == [(None, "open", ""), ("open", "retracted", "corrected")]


async def test_an_answer_taken_back_counts_no_more(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9)))
    await _judge(conn)
    await _tell(conn, attributed_fact(deletion("q1", "q1", source=PERSON, revision=1)))
    on, live, _ = await _judge(conn)
    assert (on.pain, live) == ((), ())


async def test_a_snoozed_alert_wakes_and_asks_for_a_look_then(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(
        conn, *map(attributed_fact, run()), attributed_fact(pain("q1", T0 + 40 * MINUTE_MS, 9))
    )
    await _judge(conn)
    until = _NOW + 60_000
    await conn.execute(
        "update alert set state = 'snoozed', snoozed_until = to_timestamp(%s / 1000.0)", [until]
    )
    _, live, _ = await _judge(conn, _NOW + 1)
    assert live[0].state is AlertState.SNOOZED
    assert list(await to_judge.take_due(conn, until - 1, 5)) == []
    assert list(await to_judge.take_due(conn, until, 5)) == ["p1"]
    _, live, _ = await _judge(conn, until)
    assert live[0].state is AlertState.OPEN


async def test_watermarks_are_never_in_the_future(conn: Connection) -> None:
    await _tell(conn, *map(attributed_fact, run(start=_NOW + _DAY)))
    on = (await rule_inputs.load_all(conn, ["p1"], _NOW))["p1"]
    assert values_of(on.judgeable.watermarks, "vendor", "time_ms") == [("files", _NOW)]


async def test_a_silent_watch_nudges_its_patient_once_in_two_days(conn: Connection) -> None:
    await _prescribed(conn)
    await _tell(conn, *map(attributed_fact, run()))
    ways = frozenset({MAIL, ReceiverKind.NUDGE.value})
    for hours, count in ((47, 0), (49, 1), (50, 1), (98, 2), (190, 2)):
        now = T0 + 30 * MINUTE_MS + hours * 60 * MINUTE_MS
        on = (await rule_inputs.load_all(conn, ["p1"], now))["p1"]
        await apply_judgements(conn, {"p1": verdict(on, now)}, now, ways=ways)
        result = await conn.execute("select key, to_patient from outbox where channel = 'nudge'")
        rows = await result.fetchall()
        assert len(rows) == count
        assert all(to_patient for _, to_patient in rows)


async def test_outbox_holds_each_key_once_and_forgets_nothing_unsent(conn: Connection) -> None:
    for _ in range(2):
        await outbox.put_message(conn, "derived", "k", "p1", {"v": 1}, 5)
    assert await outbox.take_messages(conn, "derived", 4, 10) == []
    [row] = await outbox.take_messages(conn, "derived", 5, 10)
    assert (row.key, row.recipient, row.body, row.created_ms, row.attempts) == (
        "k",
        "p1",
        {"v": 1},
        5,
        0,
    )
    await outbox.failed(conn, row.id, "OSError", 50, 49)
    assert await outbox.take_messages(conn, "derived", 49, 10) == []
    assert values_of(await outbox.take_messages(conn, "derived", 50, 10), "attempts") == [1]
    await outbox.sent(conn, [row.id], 60)
    assert await outbox.take_messages(conn, "derived", 99, 10) == []
    assert await outbox.prune(conn, ["derived"], 60, others=True) == 0
    assert await outbox.prune(conn, ["derived"], 60) == 1


async def test_a_notification_names_the_care_unit_and_no_patient(conn: Connection) -> None:
    await care_team.add_unit(conn, "other unit")
    await patients.add_patient(
        conn,
        wrapping_key=KeyRing.single(bytes(32)),
        unit="other unit",
        zone="UTC",
        now_ms=0,
        pseudonym="p4",
    )
    await conn.execute("listen kadens_changed")
    await conn.commit()
    await outbox.notify(conn, ["p1", "p2", "p3", "nobody"])
    await conn.commit()
    await outbox.notify(conn, ["p4", "p1"])
    await conn.commit()
    selected = [notify.payload async for notify in conn.notifies(timeout=5, stop_after=3)]
    assert (selected[0], sorted(selected[1:])) == ("unit", ["other unit", "unit"])


async def test_many_patients_are_judged_as_each_alone(conn: Connection) -> None:
    for patient, rating in (("p1", 9), ("p2", 2), ("p3", 8)):
        facts = [*run(), pain("q1", T0 + 40 * MINUTE_MS, rating, session="r1")]
        await _tell(conn, *(attributed_fact(fact, patient) for fact in facts))
    async with conn.transaction(force_rollback=True):
        alone = {
            name: verdict((await rule_inputs.load_all(conn, [name], _NOW))[name], _NOW)
            for name in ("p1", "p2", "p3")
        }
    together = await rule_inputs.load_all(conn, ["p3", "p1", "p2"], _NOW)
    assert {name: verdict(item, _NOW) for name, item in together.items()} == alone
    await apply_judgements(conn, alone, _NOW)
    cursor = await (
        await conn.execute("select p.pseudonym from alert a join patient p on p.id = a.patient")
    ).fetchall()
    assert sorted(cursor) == [("p1",), ("p3",)]
    query = "select p.pseudonym from due d join patient p on p.id = d.patient order by 1"
    due = [name for name, item in sorted(alone.items()) if item.next_due_ms is not None]
    assert await (await conn.execute(query)).fetchall() == [(name,) for name in due]


def test_nothing_that_a_rule_looks_back_on_is_left_out() -> None:
    farther: dict[str, float] = {}
    for rule in registry.RULES:
        days = 7 + rule.thresholds["look_back_days"]
        if days > rule_inputs.LOOK_BACK_DAYS:
            farther[rule.id] = days
    # what looks at the weeks of a beginning reads `earlier_weeks`, and nothing else so far back
    assert farther == {"A5": rule_inputs.EARLIER_DAYS}
