"""Alerts that a spent budget left to the digest come back on a later working day, in the database.

Nothing arrives here but what a test names: the table `due` alone brings each patient back.
"""

import asyncio
from dataclasses import replace

import pytest
from psycopg import AsyncConnection

from kadens.scoring.playing import read_played
from model.alert import Alert, AlertState, Finding, Tier
from model.calendar import utc
from storage.alerts import duty, rule_inputs, to_judge
from storage.facts.ids import lock_patients
from storage.pg.pool import Connection, adapt
from storage.reads.raised_alerts import RaisedAlert
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, finding_of
from tests.storage.alerts.staffed_unit import judge_by, mailed_to, moves_made, staff_unit

pytestmark = pytest.mark.anyio
_SECOND = 1_000
_CLOSING = ALERT_NOW + 7 * HOUR  # Monday 17:00 in Stockholm: the budget's next working day begins
_PAIN = finding_of("x")
_LOAD = replace(_PAIN, family="load")


async def _spend(conn: Connection, now_ms: int, name: str) -> None:
    """Let p1 have five new alerts of tier B, which is the budget of a day."""
    for number in range(5):
        finding = replace(finding_of(name, at_ms=now_ms), family=f"{name}{number}")
        # each by itself: the others of the patient are not corrected
        held = [finding, *(await _held(conn, "p1"))]
        await judge_by(conn, now_ms, *held)


async def _held(conn: Connection, patient: str) -> list[Finding]:
    held: list[Finding] = []
    for alert in (await rule_inputs.load_all(conn, [patient], ALERT_NOW))[patient].live:
        held.extend(alert.findings.values())
    return held


async def _monday(conn: Connection) -> None:
    """Spend Monday's budget, so that p3's pain is left to the digest."""
    await staff_unit(conn)
    await _spend(conn, ALERT_NOW, "spent")
    await judge_by(conn, ALERT_NOW, _PAIN, patient="p3")
    assert await _last_moves(conn, 2) == [("raise", "C"), ("demote", "C")]


async def _last_moves(conn: Connection, count: int) -> list[tuple[str, str]]:
    return [(kind, tier) for kind, tier, _ in (await moves_made(conn))[-count:]]


async def _alert(conn: Connection, patient: str = "p3") -> Alert:
    (alert,) = (await rule_inputs.load_all(conn, [patient], ALERT_NOW))[patient].live
    return alert


async def test_it_comes_back_when_the_next_working_day_begins_with_no_traffic(
    conn: Connection,
) -> None:
    await _monday(conn)
    mails = await mailed_to(conn)
    at = _CLOSING + 60 * _SECOND
    assert list(await to_judge.take_due(conn, at - 1, 5)) == []
    assert list(await to_judge.take_due(conn, at, 5)) == ["p3"]
    await judge_by(conn, at, _PAIN, patient="p3")
    assert (await moves_made(conn))[-1] == ("promote", "B", ["anna"])
    alert = await _alert(conn)
    assert (alert.tier, alert.state, alert.is_demoted) == (Tier.B, AlertState.OPEN, False)
    assert (alert.raised_ms, alert.changed_ms, alert.unseen_since_ms) == (ALERT_NOW, at, at)
    # people are told as of a new alert, once, however often it is judged
    made = await moves_made(conn)
    for hours in (0, 1, 20, 25):
        await judge_by(conn, at + hours * HOUR, _PAIN, patient="p3")
    assert await moves_made(conn) == made
    assert await mailed_to(conn) == [*mails, "anna@example.org"]
    key = "select key from outbox where channel = 'email' order by id desc limit 1"
    move = (
        "select alert || '/' || id || '/anna@example.org' from alert_move order by id desc limit 1"
    )
    assert await _first(conn, key) == await _first(conn, move)
    # it counts for the day that has begun, and for no other
    (number,) = [row.id for row in (await lock_patients(conn, ["p3"])).values()]
    assert (await duty.raised_since(conn, number, _CLOSING))[0] == {"P1": 1}
    assert (await duty.raised_since(conn, number, _CLOSING + DAY))[0] == {}


async def _first(conn: Connection, query: str) -> object:
    row = await (await conn.execute(query)).fetchone()
    return row[0] if row else None


async def test_without_room_it_waits_for_the_day_after_and_takes_room_there(
    conn: Connection,
) -> None:
    await _monday(conn)
    # a night of new alerts spends Tuesday's budget before the alert is tried
    await _spend(conn, _CLOSING, "night")
    made = await moves_made(conn)
    await judge_by(conn, _CLOSING + 60 * _SECOND, _PAIN, patient="p3")
    await judge_by(conn, _CLOSING + 5 * HOUR, _PAIN, patient="p3")
    assert await moves_made(conn) == made
    alert = await _alert(conn)
    assert (alert.tier, alert.is_demoted, alert.unseen_since_ms) == (Tier.C, True, ALERT_NOW)
    assert alert.changed_ms == ALERT_NOW
    at = _CLOSING + DAY + 59 * _SECOND
    assert "p3" not in await to_judge.take_due(conn, at - 1, 5)
    assert list(await to_judge.take_due(conn, at, 5)) == ["p3"]
    await judge_by(conn, at, _PAIN, patient="p3")
    assert await _last_moves(conn, 1) == [("promote", "B")]
    # it has taken one of Wednesday's five
    held = [replace(_PAIN, family=family) for family in "vwxyz"]
    await judge_by(conn, at, *held, patient="p2")
    assert await _last_moves(conn, 6) == [("raise", "B")] * 4 + [("raise", "C"), ("demote", "C")]


async def test_the_oldest_of_those_that_wait_gets_the_room(conn: Connection) -> None:
    await _monday(conn)
    await _spend(conn, _CLOSING, "night")
    # p2's was left a day later, and the night after leaves room for one alone
    await judge_by(conn, _CLOSING + 60 * _SECOND, _PAIN, patient="p3")
    await judge_by(conn, _CLOSING + HOUR, _PAIN, patient="p2")
    day = _CLOSING + DAY
    await to_judge.take_due(conn, day, 5)
    await _four(conn, day)
    assert list(await to_judge.take_due(conn, day + 59 * _SECOND, 5)) == ["p3"]
    await judge_by(conn, day + 59 * _SECOND, _PAIN, patient="p3")
    assert list(await to_judge.take_due(conn, day + 60 * _SECOND, 5)) == ["p2"]
    await judge_by(conn, day + 60 * _SECOND, _PAIN, patient="p2")
    assert (await _alert(conn, "p2")).tier is Tier.C
    assert (await _alert(conn, "p3")).tier is Tier.B
    # p2 is tried again the day after, by now a second earlier than what is left that day would be
    assert "p2" in await to_judge.take_due(conn, day + DAY + 59 * _SECOND, 5)
    await judge_by(conn, day + DAY + 59 * _SECOND, _PAIN, patient="p2")
    assert (await _alert(conn, "p2")).tier is Tier.B


async def _four(conn: Connection, now_ms: int) -> None:
    """Let p1 have four new alerts of tier B, so that the day has room for a single one."""
    held = await _held(conn, "p1")
    for number in range(4):
        held.append(replace(finding_of("four", at_ms=now_ms), family=f"four{number}"))
    await judge_by(conn, now_ms, *held)


@pytest.mark.parametrize("state", [AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS])
async def test_what_a_person_has_taken_up_is_left_alone(
    conn: Connection, state: AlertState
) -> None:
    await _monday(conn)
    await conn.execute(
        "update alert set state = %s, unseen_since = null where is_demoted", [state.value]
    )
    await judge_by(conn, _CLOSING + HOUR, _PAIN, patient="p3")
    alert = await _alert(conn)
    assert (alert.state, alert.tier, alert.is_demoted) == (state, Tier.C, True)
    # nor is it looked at again for it
    assert list(await to_judge.take_due(conn, _CLOSING + 5 * DAY, 5)) == []


async def test_what_a_person_has_put_off_comes_back_after_its_end(conn: Connection) -> None:
    await _monday(conn)
    until = ALERT_NOW + 2 * DAY
    await conn.execute(
        "update alert set state = 'snoozed', snoozed_until = %s, mutes = %s where is_demoted",
        [utc(until), f'{{"C": {until}}}'],
    )
    await judge_by(conn, _CLOSING + HOUR, _PAIN, patient="p3")
    assert (await _alert(conn)).state is AlertState.SNOOZED
    assert list(await to_judge.take_due(conn, until - 1, 5)) == []
    assert list(await to_judge.take_due(conn, until, 5)) == ["p3"]
    await judge_by(conn, until, _PAIN, patient="p3")
    assert await _last_moves(conn, 2) == [("wake", "C"), ("promote", "B")]


async def test_what_is_too_old_to_raise_an_alert_stays_in_the_digest(conn: Connection) -> None:
    await _monday(conn)
    await judge_by(conn, _CLOSING + HOUR, replace(_PAIN, fresh=False), patient="p3")
    assert ((await _alert(conn)).tier, (await _alert(conn)).is_demoted) == (Tier.C, True)
    assert list(await to_judge.take_due(conn, _CLOSING + 9 * DAY, 5)) == []


async def test_a_retracted_alert_comes_back_and_is_then_promoted(conn: Connection) -> None:
    await _monday(conn)
    await judge_by(conn, ALERT_NOW + HOUR, patient="p3")
    await judge_by(conn, _CLOSING + DAY, patient="p3")
    await judge_by(conn, _CLOSING + 2 * DAY, _PAIN, patient="p3")
    moves = [("retract", "C"), ("restore", "C"), ("promote", "B")]
    assert await _last_moves(conn, 3) == moves
    # a second time it comes back as what it was
    await judge_by(conn, _CLOSING + 2 * DAY + HOUR, patient="p3")
    await judge_by(conn, _CLOSING + 3 * DAY, _PAIN, patient="p3")
    assert await _last_moves(conn, 2) == [("retract", "B"), ("restore", "B")]


async def test_two_judgements_at_once_do_not_take_the_same_room(conn: Connection, dsn: str) -> None:
    await staff_unit(conn)
    await _four(conn, ALERT_NOW)
    await conn.commit()
    async with await AsyncConnection.connect(dsn, options="-c timezone=UTC") as other:
        adapt(other)
        await judge_by(conn, ALERT_NOW, _PAIN, patient="p2")
        waiting = asyncio.create_task(judge_by(other, ALERT_NOW, _PAIN, patient="p3"))
        async with await AsyncConnection.connect(dsn, autocommit=True) as third:
            await _until_waiting(third)
        await conn.commit()
        await waiting
        await other.commit()
    assert (await _alert(conn, "p2")).tier is Tier.B
    assert (await _alert(conn, "p3")).tier is Tier.C


async def _until_waiting(conn: Connection) -> None:
    query = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    async with asyncio.timeout(30):
        while await (await conn.execute(query)).fetchone() == (0,):
            pass


async def test_a_score_counts_the_days_until_somebody_could_see_it(conn: Connection) -> None:
    await _monday(conn)
    at = _CLOSING + 60 * _SECOND
    assert (await _played(conn)).raised_ms == ALERT_NOW
    await judge_by(conn, at, _PAIN, patient="p3")
    alert = await _played(conn)
    assert (alert.tier, alert.raised_ms) == ("B", at)
    # graver evidence moves it up and says nothing that nobody knew
    await judge_by(conn, at + DAY, _PAIN, finding_of("y", Tier.A), patient="p3")
    alert = await _played(conn)
    assert (alert.tier, alert.raised_ms) == ("A", at)


async def _played(conn: Connection) -> RaisedAlert:
    (alert,) = [row for row in (await read_played(conn)).alerts if row.patient == "p3"]
    return alert
