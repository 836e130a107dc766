"""Alerts in the database as time passes without any data: escalation, on-call, snooze, budget."""

from dataclasses import replace

import pytest

from alerts.lifecycle import course_at
from model.alert import Alert, AlertState, Finding, JudgementResult, Tier
from model.calendar import utc
from model.messages.alert_move import Absence, DutyRoster
from storage.alerts import due, duty, rule_inputs
from storage.people import care_team
from storage.pg.pool import Connection
from stream.judge_patient import apply_judgements
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, finding_of

pytestmark = pytest.mark.anyio
_PEOPLE = ("anna", "bo", "cia")


async def _staffed(conn: Connection, on_call: str = "cia") -> None:
    for subject in _PEOPLE:
        email = f"{subject}@example.org"
        person = care_team.Clinician(subject=subject, name=subject, email=email, unit="unit")
        await care_team.add_clinician(conn, person)
    await conn.execute(
        "update patient set clinician = (select id from clinician where subject = 'anna')"
    )
    hours = {"zone": "Europe/Stockholm", "weekdays": [1, 2, 3, 4, 5], "opens": "08:00"}
    roster = DutyRoster(line=("bo",), on_call=on_call, hours={**hours, "closes": "17:00"})
    await duty.set_unit_duty(conn, "unit", roster, "anna", ALERT_NOW)


async def _judge(
    conn: Connection, now_ms: int, *findings: Finding, patient: str = "p1"
) -> JudgementResult:
    """Judge a patient by findings, as the worker does by those of its rules."""
    on = (await rule_inputs.load_all(conn, [patient], now_ms))[patient]
    result = course_at(on.live, on.recent, findings, on.roster, now_ms)
    await apply_judgements(conn, {patient: result}, now_ms)
    return result


async def _moves(conn: Connection) -> list[tuple[str, str, list[str]]]:
    query = "select kind, tier, responsible from alert_move order by id"
    return await (await conn.execute(query)).fetchall()


async def _mailed(conn: Connection) -> list[str]:
    query = "select recipient from outbox where channel = 'email' order by id"
    return [recipient for (recipient,) in await (await conn.execute(query)).fetchall()]


async def _alert(conn: Connection, now_ms: int) -> Alert:
    (alert,) = (await rule_inputs.load_all(conn, ["p1"], now_ms))["p1"].live
    return alert


async def test_an_unseen_a_goes_on_with_no_traffic_once_for_each_step(conn: Connection) -> None:
    await _staffed(conn)
    finding = finding_of("x", Tier.A)
    await _judge(conn, ALERT_NOW, finding)
    at = ALERT_NOW + 4 * HOUR
    for n, person in enumerate(("bo", "cia", "everybody")):
        assert await due.take_due(conn, at - 1, 5) == []
        assert await due.take_due(conn, at, 5) == ["p1"]
        await _judge(conn, at, finding)
        # judging again at once, and new evidence of the same tier, move and announce nothing
        await _judge(conn, at, finding)
        await _judge(conn, at, finding, finding_of(f"y{n}", Tier.A))
        expected = [] if person == "everybody" else [person]
        assert (await _moves(conn))[-1] == ("escalate", "A", expected)
        assert len(await _moves(conn)) == n + 2
        assert (await _alert(conn, at)).escalations == n + 1
        # the next step: four working hours later, from 14:00 on Monday at 09:00 on Tuesday
        at += (19 if n == 0 else 4) * HOUR
    assert await _mailed(conn) == [
        "anna@example.org", "bo@example.org", "cia@example.org",
        "anna@example.org", "bo@example.org", "cia@example.org",
    ]  # fmt: skip


async def test_out_of_hours_a_goes_to_who_is_on_call_or_their_cover(conn: Connection) -> None:
    await _staffed(conn)
    saturday = ALERT_NOW - 2 * DAY
    await _judge(conn, saturday, finding_of("x", Tier.A, saturday))
    away = Absence(subject="cia", from_ms=saturday, until_ms=saturday + DAY, cover="bo")
    await duty.put_absence(conn, "unit", away, "cia", saturday)
    await _judge(conn, saturday, finding_of("x", Tier.A, saturday), patient="p2")
    assert await _moves(conn) == [("raise", "A", ["cia"]), ("raise", "A", ["bo"])]
    assert await _mailed(conn) == ["cia@example.org", "bo@example.org"]
    assert await duty.end_absences(conn, "unit", "cia", saturday + HOUR) == 1
    await _judge(conn, saturday + HOUR, finding_of("x", Tier.A, saturday), patient="p3")
    assert (await _moves(conn))[-1] == ("raise", "A", ["cia"])


async def test_a_snoozed_alert_is_silent_on_every_channel_until_its_end(conn: Connection) -> None:
    await _staffed(conn)
    await _judge(conn, ALERT_NOW, finding_of("x", Tier.A))
    until = ALERT_NOW + 3 * DAY
    await conn.execute(
        "update alert set state = 'snoozed', snoozed_until = %s, mutes = %s",
        [utc(until), f'{{"A": {until}}}'],
    )
    for hours in (1, 5, 30, 71):
        evidence = (finding_of("x", Tier.A), finding_of(f"y{hours}", Tier.A))
        await _judge(conn, ALERT_NOW + hours * HOUR, *evidence)
    assert [kind for kind, _, _ in await _moves(conn)] == ["raise"]
    assert await _mailed(conn) == ["anna@example.org"]
    assert await due.take_due(conn, until - 1, 5) == []
    await _judge(conn, until, finding_of("x", Tier.A))
    assert [kind for kind, _, _ in await _moves(conn)] == ["raise", "wake"]
    assert (await _alert(conn, until)).unseen_since_ms == until


async def test_judging_reads_no_history_however_long_it_is(conn: Connection) -> None:
    await _staffed(conn)
    finding = finding_of("x")
    await _judge(conn, ALERT_NOW, finding)
    await conn.commit()
    async with conn.transaction(force_rollback=True):
        await conn.execute("alter table alert_move rename to history")
        assert (await _judge(conn, ALERT_NOW + HOUR, finding)).steps == ()
    # and an alert keeps at most one end for each tier, whatever was snoozed before
    assert len((await _alert(conn, ALERT_NOW)).mutes) <= len(Tier)


async def test_evidence_counts_once_however_often_it_is_judged(conn: Connection) -> None:
    await _staffed(conn)
    finding = finding_of("x")
    for hours in range(5):
        await _judge(conn, ALERT_NOW + hours * HOUR, finding)
    alert = await _alert(conn, ALERT_NOW + 5 * HOUR)
    assert (len(alert.findings), alert.sentence) == (1, finding.sentence)
    assert [kind for kind, _, _ in await _moves(conn)] == ["raise"]


async def test_nothing_is_raised_again_without_newer_evidence(conn: Connection) -> None:
    await _staffed(conn)
    finding = finding_of("x")
    await _judge(conn, ALERT_NOW, finding)
    await conn.execute("update alert set state = 'resolved', resolution = 'other'")
    for days in (1, 8, 20):
        await _judge(conn, ALERT_NOW + days * DAY, finding)
    assert [kind for kind, _, _ in await _moves(conn)] == ["raise"]
    newer = finding_of("y", at_ms=ALERT_NOW + 20 * DAY)
    await _judge(conn, ALERT_NOW + 20 * DAY, finding, newer)
    assert [kind for kind, _, _ in await _moves(conn)] == ["raise", "raise"]


async def test_the_sixth_alert_of_a_day_is_left_to_the_digest_and_reported(
    conn: Connection,
) -> None:
    await _staffed(conn)
    families = [replace(finding_of("x"), family=family) for family in ("pain", "load")]
    for patient in ("p1", "p2", "p3"):
        await _judge(conn, ALERT_NOW, *families, patient=patient)
    moves = [(kind, tier) for kind, tier, _ in await _moves(conn)]
    assert moves == [("raise", "B")] * 5 + [("raise", "C"), ("demote", "C")]
    assert await _mailed(conn) == ["anna@example.org"] * 5
    notices = "select clinician, rule from budget_notice"
    assert await (await conn.execute(notices)).fetchall() == [("anna", "P1")]
    # Tier A is never demoted, and the next working day has a budget of its own.
    grave = replace(finding_of("z", Tier.A), family="answers")
    await _judge(conn, ALERT_NOW + HOUR, *families, grave, patient="p1")
    assert (await _moves(conn))[-1][:2] == ("raise", "A")
    later = replace(finding_of("w"), family="progress")
    await _judge(conn, ALERT_NOW + DAY, *families, grave, later, patient="p1")
    # beside it, the grave alert of the day before has gone on to the next in line
    latest = [move[:2] for move in (await _moves(conn))[-2:]]
    assert latest == [("raise", "B"), ("escalate", "A")]


async def test_an_alert_that_nobody_took_up_expires_in_the_database(conn: Connection) -> None:
    await _staffed(conn)
    finding = finding_of("x")
    await _judge(conn, ALERT_NOW, finding)
    end = ALERT_NOW + 28 * DAY
    assert await due.take_due(conn, end - 1, 5) == []
    assert await due.take_due(conn, end, 5) == ["p1"]
    await _judge(conn, end)
    state = "select state, snoozed_until from alert"
    assert await (await conn.execute(state)).fetchall() == [(AlertState.EXPIRED.value, None)]
    assert (await _moves(conn))[-1][:2] == ("expire", "B")
