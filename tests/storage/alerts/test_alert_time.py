"""Alerts in the database as time passes without any data: escalation, on-call, snooze, budget."""

from dataclasses import replace

import pytest

from model.alert import Alert, AlertState, Tier
from model.calendar import utc
from model.messages.alert_move import Absence
from storage.alerts import duty, rule_inputs, to_judge
from storage.pg.pool import Connection
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, finding_of
from tests.rows import cells_of
from tests.storage.alerts.staffed_unit import judge_by, mailed_to, moves_made, staff_unit

pytestmark = pytest.mark.anyio


async def _alert(conn: Connection, now_ms: int) -> Alert:
    (alert,) = (await rule_inputs.load_all(conn, ["p1"], now_ms))["p1"].live
    return alert


async def test_an_unseen_a_goes_on_with_no_traffic_once_for_each_step(conn: Connection) -> None:
    await staff_unit(conn)
    finding = finding_of("x", Tier.A)
    await judge_by(conn, ALERT_NOW, finding)
    at = ALERT_NOW + 4 * HOUR
    for n, person in enumerate(("bo", "cia", "everybody")):
        assert list(await to_judge.take_due(conn, at - 1, 5)) == []
        assert list(await to_judge.take_due(conn, at, 5)) == ["p1"]
        await judge_by(conn, at, finding)
        # judging again at once, and new evidence of the same tier, move and announce nothing
        await judge_by(conn, at, finding)
        await judge_by(conn, at, finding, finding_of(f"y{n}", Tier.A))
        expected = [] if person == "everybody" else [person]
        assert (await moves_made(conn))[-1] == ("escalate", "A", expected)
        assert len(await moves_made(conn)) == n + 2
        assert (await _alert(conn, at)).escalations == n + 1
        # the next step: four working hours later, from 14:00 on Monday at 09:00 on Tuesday
        at += (19 if n == 0 else 4) * HOUR
    assert await mailed_to(conn) == [
        "anna@example.org", "bo@example.org", "cia@example.org",
        "anna@example.org", "bo@example.org", "cia@example.org",
    ]  # fmt: skip


async def test_out_of_hours_a_goes_to_who_is_on_call_or_their_cover(conn: Connection) -> None:
    await staff_unit(conn)
    saturday = ALERT_NOW - 2 * DAY
    await judge_by(conn, saturday, finding_of("x", Tier.A, saturday))
    away = Absence(subject="cia", from_ms=saturday, until_ms=saturday + DAY, cover="bo")
    await duty.put_absence(conn, "unit", away, "cia", saturday)
    await judge_by(conn, saturday, finding_of("x", Tier.A, saturday), patient="p2")
    assert await moves_made(conn) == [("raise", "A", ["cia"]), ("raise", "A", ["bo"])]
    assert await mailed_to(conn) == ["cia@example.org", "bo@example.org"]
    assert await duty.end_absences(conn, "unit", "cia", saturday + HOUR) == 1
    await judge_by(conn, saturday + HOUR, finding_of("x", Tier.A, saturday), patient="p3")
    assert (await moves_made(conn))[-1] == ("raise", "A", ["cia"])


async def test_a_snoozed_alert_is_silent_on_every_channel_until_its_end(conn: Connection) -> None:
    await staff_unit(conn)
    await judge_by(conn, ALERT_NOW, finding_of("x", Tier.A))
    until = ALERT_NOW + 3 * DAY
    await conn.execute(
        "update alert set state = 'snoozed', snoozed_until = %s, mutes = %s",
        [utc(until), f'{{"A": {until}}}'],
    )
    for hours in (1, 5, 30, 71):
        evidence = (finding_of("x", Tier.A), finding_of(f"y{hours}", Tier.A))
        await judge_by(conn, ALERT_NOW + hours * HOUR, *evidence)
    assert cells_of(await moves_made(conn), 0) == ["raise"]
    assert await mailed_to(conn) == ["anna@example.org"]
    assert list(await to_judge.take_due(conn, until - 1, 5)) == []
    await judge_by(conn, until, finding_of("x", Tier.A))
    assert cells_of(await moves_made(conn), 0) == ["raise", "wake"]
    assert (await _alert(conn, until)).unseen_since_ms == until


async def test_judging_reads_no_history_however_long_it_is(conn: Connection) -> None:
    await staff_unit(conn)
    finding = finding_of("x")
    await judge_by(conn, ALERT_NOW, finding)
    await conn.commit()
    async with conn.transaction(force_rollback=True):
        await conn.execute("alter table alert_move rename to history")
        assert (await judge_by(conn, ALERT_NOW + HOUR, finding)).steps == ()
    # and an alert keeps at most one end for each tier, whatever was snoozed before
    assert len((await _alert(conn, ALERT_NOW)).mutes) <= len(Tier)


async def test_evidence_counts_once_however_often_it_is_judged(conn: Connection) -> None:
    await staff_unit(conn)
    finding = finding_of("x")
    for hours in range(5):
        await judge_by(conn, ALERT_NOW + hours * HOUR, finding)
    alert = await _alert(conn, ALERT_NOW + 5 * HOUR)
    assert (len(alert.findings), alert.sentence) == (1, finding.sentence)
    assert cells_of(await moves_made(conn), 0) == ["raise"]


async def test_nothing_is_raised_again_without_newer_evidence(conn: Connection) -> None:
    await staff_unit(conn)
    finding = finding_of("x")
    await judge_by(conn, ALERT_NOW, finding)
    await conn.execute("update alert set state = 'resolved', resolution = 'other'")
    for days in (1, 8, 20):
        await judge_by(conn, ALERT_NOW + days * DAY, finding)
    assert cells_of(await moves_made(conn), 0) == ["raise"]
    newer = finding_of("y", at_ms=ALERT_NOW + 20 * DAY)
    await judge_by(conn, ALERT_NOW + 20 * DAY, finding, newer)
    assert cells_of(await moves_made(conn), 0) == ["raise", "raise"]


async def test_the_sixth_alert_of_a_day_is_left_to_the_digest_and_reported(
    conn: Connection,
) -> None:
    await staff_unit(conn)
    families = [replace(finding_of("x"), family=family) for family in ("pain", "load")]
    for patient in ("p1", "p2", "p3"):
        await judge_by(conn, ALERT_NOW, *families, patient=patient)
    moves = [(kind, tier) for kind, tier, _ in await moves_made(conn)]
    assert moves == [("raise", "B")] * 5 + [("raise", "C"), ("demote", "C")]
    assert await mailed_to(conn) == ["anna@example.org"] * 5
    notices = "select clinician, rule from budget_notice"
    assert await (await conn.execute(notices)).fetchall() == [("anna", "P1")]
    # Tier A is never demoted, and the next working day has a budget of its own.
    grave = replace(finding_of("z", Tier.A), family="answers")
    await judge_by(conn, ALERT_NOW + HOUR, *families, grave, patient="p1")
    assert (await moves_made(conn))[-1][:2] == ("raise", "A")
    later = replace(finding_of("w"), family="progress")
    await judge_by(conn, ALERT_NOW + DAY, *families, grave, later, patient="p1")
    # beside it, the grave alert of the day before has gone on to the next in line
    latest = [move[:2] for move in (await moves_made(conn))[-2:]]
    assert latest == [("raise", "B"), ("escalate", "A")]


async def test_an_alert_that_nobody_took_up_expires_in_the_database(conn: Connection) -> None:
    await staff_unit(conn)
    finding = finding_of("x")
    await judge_by(conn, ALERT_NOW, finding)
    end = ALERT_NOW + 28 * DAY
    assert list(await to_judge.take_due(conn, end - 1, 5)) == []
    assert list(await to_judge.take_due(conn, end, 5)) == ["p1"]
    await judge_by(conn, end)
    state = "select state, snoozed_until from alert"
    assert await (await conn.execute(state)).fetchall() == [(AlertState.EXPIRED.value, None)]
    assert (await moves_made(conn))[-1][:2] == ("expire", "B")
