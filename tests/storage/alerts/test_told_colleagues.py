"""Who gets an alert from a colleague, or covers for one, is told of it once, in the database."""

import pytest

from clinic.alert_commands import carry_out
from model.alert import Tier
from model.messages.alert_move import Absence
from storage import audit
from storage.alerts import duty, rule_inputs, to_judge
from storage.alerts.commands import AlertCommand
from storage.pg.pool import Connection
from stream.duty_messages import cover_absences, tell_handed_over
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, finding_of
from tests.storage.alerts.staffed_unit import judge_by, mailed_to, moves_made, staff_unit

pytestmark = pytest.mark.anyio
_REASONS = {"resolve": "contacted", "snooze": "other"}


async def _act(conn: Connection, action: str, at_ms: int, to: str = "", by: str = "anna") -> None:
    [alert] = (await rule_inputs.load_all(conn, ["p1"], at_ms))["p1"].live
    order = AlertCommand(
        alert=alert.id,
        action=action,
        actor=audit.Actor(subject=by, role="clinician", care_unit="unit"),
        reason=_REASONS.get(action, ""),
        until_ms=at_ms + DAY if action == "snooze" else None,
        to=to,
    )
    await carry_out(conn, order, at_ms)


async def _raised(conn: Connection, tier: Tier = Tier.A) -> None:
    await staff_unit(conn)
    await judge_by(conn, ALERT_NOW, finding_of("x", tier))
    assert await mailed_to(conn) == ["anna@example.org"]


async def test_who_gets_an_alert_is_told_once_for_each_time(conn: Connection) -> None:
    await _raised(conn)
    await _act(conn, "hand_over", ALERT_NOW + HOUR, to="bo")
    assert await to_judge.take_due(conn, ALERT_NOW + HOUR, 5) == {"p1": frozenset({"alert open"})}
    for minutes in (0, 1, 60):
        await tell_handed_over(conn, ["p1"], ALERT_NOW + HOUR + minutes * 60_000)
    assert await mailed_to(conn) == ["anna@example.org", "bo@example.org"]
    # what was handed back is another move
    await _act(conn, "hand_over", ALERT_NOW + 2 * HOUR, to="anna", by="bo")
    await tell_handed_over(conn, ["p1"], ALERT_NOW + 2 * HOUR)
    assert (await mailed_to(conn))[2:] == ["anna@example.org"]


async def test_who_gets_what_is_put_off_is_told_too(conn: Connection) -> None:
    await _raised(conn)
    await _act(conn, "snooze", ALERT_NOW + HOUR)
    await _act(conn, "hand_over", ALERT_NOW + 2 * HOUR, to="bo")
    assert await to_judge.take_due(conn, ALERT_NOW + 2 * HOUR, 5) == {
        "p1": frozenset({"alert snoozed"})
    }
    await tell_handed_over(conn, ["p1"], ALERT_NOW + 2 * HOUR)
    assert (await mailed_to(conn))[1:] == ["bo@example.org"]
    # judged then, the patient is due again when the snooze ends
    result = await judge_by(conn, ALERT_NOW + 2 * HOUR, finding_of("x", Tier.A))
    assert result.next_due_ms == ALERT_NOW + HOUR + DAY


async def test_what_a_colleague_has_taken_since_or_of_yesterday_is_told_to_nobody(
    conn: Connection,
) -> None:
    await _raised(conn)
    await _act(conn, "hand_over", ALERT_NOW + HOUR, to="bo")
    await tell_handed_over(conn, ["p1"], ALERT_NOW + HOUR + DAY)
    await _act(conn, "acknowledge", ALERT_NOW + 2 * HOUR, by="bo")
    await tell_handed_over(conn, ["p1"], ALERT_NOW + 2 * HOUR)
    assert await mailed_to(conn) == ["anna@example.org"]


async def test_for_a_colleague_who_is_away_it_is_the_cover_who_is_told(conn: Connection) -> None:
    await _raised(conn)
    away = Absence(subject="bo", from_ms=ALERT_NOW, until_ms=ALERT_NOW + DAY, cover="cia")
    await duty.put_absence(conn, "unit", away, "bo", ALERT_NOW)
    await _act(conn, "hand_over", ALERT_NOW + HOUR, to="bo")
    await tell_handed_over(conn, ["p1"], ALERT_NOW + HOUR)
    assert (await moves_made(conn))[-1] == ("hand_over", "A", ["cia"])
    assert (await mailed_to(conn))[1:] == ["cia@example.org"]
    # it came to the cover by that move: the absence itself is no news of it
    await cover_absences(conn, ALERT_NOW + 2 * HOUR)
    assert (await mailed_to(conn))[1:] == ["cia@example.org"]


async def _away(conn: Connection, cover: str, from_h: int) -> None:
    from_ms = ALERT_NOW + from_h * HOUR
    away = Absence(subject="anna", from_ms=from_ms, until_ms=from_ms + 10 * DAY, cover=cover)
    await duty.put_absence(conn, "unit", away, "anna", ALERT_NOW)


async def _covered_for(conn: Connection) -> list[str]:
    query = "select recipient from outbox where key like 'cover/%' and patient is null order by id"
    return [recipient for (recipient,) in await (await conn.execute(query)).fetchall()]


@pytest.mark.parametrize(
    ("cover", "from_h", "hours", "notified"),
    [
        ("cia", 1, (2, 3, 200), ["cia@example.org"]),
        ("cia", 3, (2,), []),
        ("cia", -300, (2,), []),
        # nobody covers: the next in line acts, as when an alert is passed on
        ("", 1, (2,), ["bo@example.org"]),
    ],
)
async def test_who_covers_is_told_once_an_absence(
    conn: Connection, cover: str, from_h: int, hours: tuple[int, ...], notified: list[str]
) -> None:
    await _raised(conn)
    await _away(conn, cover, from_h)
    for at_h in hours:
        await cover_absences(conn, ALERT_NOW + at_h * HOUR)
    assert await _covered_for(conn) == notified


@pytest.mark.parametrize(
    ("action", "tier", "notified"),
    [
        ("acknowledge", Tier.B, ["cia@example.org"]),
        ("claim", Tier.A, ["cia@example.org"]),
        # nobody has to act on these
        ("resolve", Tier.A, []),
        ("snooze", Tier.A, []),
    ],
)
async def test_who_covers_is_told_of_what_has_to_be_acted_on(
    conn: Connection, action: str, tier: Tier, notified: list[str]
) -> None:
    await _raised(conn, tier)
    await _act(conn, action, ALERT_NOW + HOUR)
    await _away(conn, "cia", 2)
    await cover_absences(conn, ALERT_NOW + 3 * HOUR)
    assert await _covered_for(conn) == notified
