"""A change of an alert reaches who gets it: once, in order, with what a correction takes back."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import pytest

from alerts.delivery.receivers import post_of
from alerts.delivery.spreading import spread_changes
from model import codec
from model.alert import Action, AlertState, Finding, Tier
from model.alerting.steps import Step, StepKind
from model.messages.outgoing import ALERTS, Receiver, ReceiverKind
from model.prescription import Intensity, Prescription
from storage.alerts import outbox, store
from storage.alerts.outbox import Waiting
from storage.people import care_team
from storage.pg.pool import WORKER_LIMITS, Connection, Pool, open_pool
from storage.pg.roles import WORKER
from storage.prescribing.versions import put_prescription

pytestmark = pytest.mark.anyio
_NOW = 1_795_000_000_000
_URL = "https://ehr.example/in"
_EHR = Receiver(name="ehr", kind=ReceiverKind.WEBHOOK, url=_URL, form="fhir")
_JOURNAL = Receiver(name="journal", kind=ReceiverKind.FHIR, url=_URL, units=("unit",))
_ELSEWHERE = Receiver(name="north", kind=ReceiverKind.WEBHOOK, url=_URL, units=("North",))
_GATEWAY = Receiver(name="sms", kind=ReceiverKind.SMS, url=_URL)
_MOVES = {StepKind.RAISE: (Action.RAISE,), StepKind.RETRACT: (Action.RETRACT,)}
_PLAN = Prescription(
    id="rx-1",
    version=1,
    valid_from=date(2026, 9, 1),
    valid_to=date(2027, 2, 1),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="rpe_cr10", low=3, high=5),
)
_ALL = (_EHR, _JOURNAL, _ELSEWHERE, _GATEWAY)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    made = await open_pool(dsn, max_size=2, limits=WORKER_LIMITS, role=WORKER)
    async with made:
        yield made


def _finding(value: int, key: str = "q1") -> Finding:
    return Finding(
        rule="P1",
        rule_version=3,
        family="pain",
        key=key,
        tier=Tier.A,
        at_ms=_NOW - 5_000,
        from_ms=_NOW - 5_000,
        fresh_until_ms=_NOW,
        evidence={"value": value},
        sentence=f"Pain {value}.",
    )


def _step(kind: StepKind, alert: str | None, state: AlertState, *findings: Finding) -> Step:
    return Step(
        kind=kind,
        family="pain",
        alert=alert,
        findings=findings,
        tier=Tier.A,
        state=state,
        rule="P1",
        rule_version=3,
        sentence="Pain.",
        moves=_MOVES.get(kind, ()),
    )


async def _apply(conn: Connection, step: Step, now_ms: int) -> str:
    numbers = await (await conn.execute("select id from patient where pseudonym = 'p1'")).fetchone()
    assert numbers is not None
    moves = await store.apply_step(conn, numbers[0], "p1", step, now_ms)
    await conn.commit()
    return moves[0].alert if moves else ""


async def _waiting(conn: Connection, channel: str) -> Sequence[Waiting]:
    """Return what waits on a channel, each released for the next as if it had been sent."""
    rows: list[Waiting] = []
    while taken := await outbox.take_messages(conn, channel, _NOW + 10_000, 1):
        rows += taken
        await outbox.sent(conn, [taken[0].id], _NOW)
    await conn.commit()
    return rows


async def test_each_change_is_one_message_for_each_receiver_of_its_unit(
    pool: Pool, conn: Connection
) -> None:
    alert = await _apply(conn, _step(StepKind.RAISE, None, AlertState.OPEN, _finding(8)), _NOW)
    await _apply(conn, _step(StepKind.APPEND, alert, AlertState.OPEN, _finding(7)), _NOW + 1)
    await _apply(conn, _step(StepKind.RETRACT, alert, AlertState.RETRACTED, _finding(7)), _NOW + 2)
    total = 0
    while spread := await spread_changes(pool, _ALL, "https://clinic.example/", _NOW + 3):
        total += spread
    assert total == 3
    assert await _channels(conn) == ["ehr", "journal"] * 3
    rows = await _waiting(conn, "ehr")
    assert [row.body["type"] for row in rows] == ["alert.raised", "alert.changed", "alert.closed"]
    assert rows[0].body["url"] == f"https://clinic.example/alerts/{alert}"
    assert [_statuses(_JOURNAL, row) for row in rows] == [
        ["final"],
        ["final", "entered-in-error"],
        ["entered-in-error"],
    ]
    assert len({row.key for row in rows}) == 3
    assert await _waiting(conn, "north") == []


async def _channels(conn: Connection) -> list[str]:
    rows = await conn.execute(
        "select channel from outbox where channel <> %s and sent_at is null order by id", [ALERTS]
    )
    return [channel for (channel,) in await rows.fetchall()]


def _statuses(receiver: Receiver, row: Waiting) -> list[str]:
    content: dict[str, Any] = codec.loads(post_of(receiver, row, _NOW).body)
    resources = [entry["resource"] for entry in content["entry"]]
    return [made["status"] for made in resources if made["resourceType"] == "Observation"]


async def test_a_message_names_who_took_the_alert_and_what_it_is_about(
    pool: Pool, conn: Connection
) -> None:
    await care_team.add_clinician(
        conn, care_team.Clinician(subject="c-1", name="Anna Exempel", email="", unit="unit")
    )
    await put_prescription(conn, "p1", _PLAN, 0)
    alert = await _apply(conn, _step(StepKind.RAISE, None, AlertState.OPEN, _finding(8)), _NOW)
    await conn.execute("update alert set assignee = 'c-1' where id = %s", [alert])
    await conn.commit()
    await spread_changes(pool, [_EHR], "https://clinic.example/", _NOW + 3)
    sent = (await _waiting(conn, "ehr"))[-1].body["alert"]
    assert (sent["owner"], sent["owner_name"], sent["prescriptions"]) == (
        "c-1",
        "Anna Exempel",
        ["rx-1/1"],
    )


async def test_a_transaction_that_rolls_back_announces_nothing(conn: Connection) -> None:
    numbers = await (await conn.execute("select id from patient where pseudonym = 'p1'")).fetchone()
    assert numbers is not None
    step = _step(StepKind.RAISE, None, AlertState.OPEN, _finding(8))
    await store.apply_step(conn, numbers[0], "p1", step, _NOW)
    await conn.rollback()
    assert await _waiting(conn, ALERTS) == []


async def test_several_changes_in_a_transaction_are_one_event_with_the_last_state(
    conn: Connection,
) -> None:
    numbers = await (await conn.execute("select id from patient where pseudonym = 'p1'")).fetchone()
    assert numbers is not None
    step = _step(StepKind.RAISE, None, AlertState.OPEN, _finding(8))
    (raised,) = await store.apply_step(conn, numbers[0], "p1", step, _NOW)
    again = _step(StepKind.APPEND, raised.alert, AlertState.OPEN, _finding(9, "q2"))
    await store.apply_step(conn, numbers[0], "p1", again, _NOW + 1)
    await conn.commit()
    (row,) = await _waiting(conn, ALERTS)
    assert [finding["key"] for finding in row.body["alert"]["findings"]] == ["q1", "q2"]
    assert (row.created_ms, row.body["unit"]) == (_NOW + 1, "unit")


async def test_without_receivers_changes_are_put_aside(pool: Pool, conn: Connection) -> None:
    await _apply(conn, _step(StepKind.RAISE, None, AlertState.OPEN, _finding(8)), _NOW)
    assert await spread_changes(pool, (_ELSEWHERE, _GATEWAY), "https://c.example", _NOW) == 1
    assert await spread_changes(pool, (), "https://c.example", _NOW) == 0
    assert await _channels(conn) == []
