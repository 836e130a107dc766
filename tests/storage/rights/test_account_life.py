"""Accounts are warned and closed once, by whichever worker comes first, and by nobody else's clock.

The worker's timer runs here in the worker's own database role.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from alerts.announcing import NUDGE_TEXTS
from model.calendar import DAY_MS, HOUR_MS, epoch_ms
from model.messages.outgoing import MAIL, ReceiverKind
from model.prescription import Intensity, Prescription
from model.privacy.closing import ClosingTerms
from model.privacy.requests import RightKind
from storage.alerts.outbox import put_message
from storage.fetching.withdrawals import withdraw_uncovered
from storage.people import consents
from storage.people.door_links import door_link_opens, put_door_link, use_door_link
from storage.people.errors import AccountClosedError, UnknownNameError
from storage.people.patient_sessions import begin_patient_session, use_patient_session
from storage.people.patients import patient_id
from storage.pg.pool import Connection, Pool, open_pool
from storage.pg.roles import ADMIN, PATIENT_DOOR, WORKER
from storage.pg.row_security import set_patient
from storage.prescribing.versions import put_prescription
from storage.rights import account_life, restrictions, rights_requests
from stream.rights.closing import AccountTender, tend_lives
from tests.rows import cells_of

pytestmark = pytest.mark.anyio
_SESSION, _LINK = "a" * 64, "b" * 64
_NUDGES = "select recipient, body, key from outbox where channel = 'nudge' order by id"
_MOVES = """
select p.pseudonym, m.kind, m.by, m.why from account_move m join patient p on p.id = m.patient
order by m.id"""


def _at(text: str) -> int:
    stockholm = ZoneInfo("Europe/Stockholm")
    return epoch_ms(datetime.fromisoformat(text).replace(tzinfo=stockholm).astimezone(UTC))


WARNS, CLOSES = _at("2026-11-01T00:00:00"), _at("2026-12-01T00:00:00")


@dataclass(kw_only=True)
class _World:
    """A worker's timer with a clock of its own; `conn` is that of the tests."""

    conn: Connection
    pool: Pool
    now_ms: int = WARNS
    ways: frozenset[str] = frozenset({MAIL, ReceiverKind.NUDGE.value})
    terms: ClosingTerms = field(default_factory=ClosingTerms)

    async def tend(self) -> int:
        await self.conn.commit()
        tender = AccountTender(
            pool=self.pool, terms=self.terms, ways=self.ways, now=lambda: self.now_ms
        )
        return await tend_lives(tender)

    async def all(self, query: str) -> list[Any]:
        return await (await self.conn.execute(query.encode())).fetchall()


@pytest.fixture
async def world(conn: Connection, dsn: str) -> AsyncIterator[_World]:
    await prescribe_until(conn, "p1", date(2026, 5, 31))
    kind, nudge = consents.CONTACT_CHANNEL, ReceiverKind.NUDGE.value
    await consents.give_consent(conn, "p1", nudge, from_ms=0, now_ms=0, kind=kind)
    await conn.commit()
    async with await open_pool(dsn, max_size=4, role=WORKER) as pool:
        yield _World(conn=conn, pool=pool)


async def prescribe_until(conn: Connection, patient: str, last: date, version: int = 1) -> None:
    """Prescribe until a date, as another version of the same prescription."""
    plan = Prescription(
        id="plan",
        version=version,
        valid_from=date(2026, 3, 1),
        valid_to=last,
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
    )
    await put_prescription(conn, patient, plan, 0)


@pytest.mark.promise(16)
async def test_a_patient_is_warned_and_the_account_is_closed_once_each(world: _World) -> None:
    world.now_ms = WARNS - 1
    assert await world.tend() == 0
    world.now_ms = WARNS
    assert [await world.tend(), await world.tend()] == [1, 0]
    world.now_ms = CLOSES - 1
    assert await world.tend() == 0
    world.now_ms = CLOSES
    assert [await world.tend(), await world.tend()] == [1, 0]
    world.now_ms = CLOSES + 900 * DAY_MS
    assert await world.tend() == 0
    assert await world.all(_MOVES) == [
        ("p1", "warn", "kadens", "nudge"),
        ("p1", "close", "kadens", "inactive"),
    ]


@pytest.mark.promise(16)
@pytest.mark.promise(24)
async def test_the_warning_says_to_open_the_app_and_nothing_else(world: _World) -> None:
    await world.tend()
    [(recipient, body, key)] = await world.all(_NUDGES)
    assert (recipient, body) == (
        "p1",
        {"type": "patient.nudge", "patient": "p1", "text": dict(NUDGE_TEXTS)},
    )
    assert key.startswith("closing/")


async def test_two_workers_at_once_do_nothing_twice(world: _World) -> None:
    done: list[int] = []

    async def tend() -> None:
        done.append(await world.tend())

    for now_ms in (WARNS, CLOSES):
        world.now_ms = now_ms
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(tend)
        assert len(await world.all(_NUDGES)) == (now_ms == WARNS)  # a closing drops what waits
    assert cells_of(await world.all(_MOVES), 1) == ["warn", "close"]
    assert sum(done) == 2


@pytest.mark.parametrize("is_muted", [False, True])
async def test_without_a_way_to_the_patient_the_clinic_is_shown_whom_to_warn(
    world: _World, *, is_muted: bool
) -> None:
    if is_muted:
        kind = consents.CONTACT_CHANNEL
        await consents.withdraw_consent(world.conn, "p1", "nudge", from_ms=WARNS, kind=kind)
    else:
        world.ways = frozenset({MAIL})
    assert await world.tend() == 1
    assert await world.all(_NUDGES) == []
    [warning] = await account_life.account_warnings(world.conn, "unit")
    assert (warning.pseudonym, warning.way, warning.at_ms) == ("p1", "", WARNS)
    assert warning.warned_for == date(2026, 11, 30)
    assert await account_life.account_warnings(world.conn, "elsewhere") == []


@pytest.mark.promise(16)
async def test_a_sign_in_before_the_last_midnight_keeps_the_account(world: _World) -> None:
    await world.tend()
    await begin_patient_session(world.conn, "p1", _SESSION, CLOSES - 1, CLOSES + HOUR_MS)
    world.now_ms = CLOSES
    assert await world.tend() == 0
    world.now_ms = _at("2027-05-01T00:00:00")  # its last day is 30 May now
    assert await world.tend() == 1
    assert cells_of(await world.all(_MOVES), 1) == ["warn", "warn"]


async def test_a_unit_counts_in_its_own_zone(world: _World) -> None:
    hours = '{"zone": "Pacific/Auckland"}'
    await world.conn.execute(
        "insert into unit_duty (care_unit, hours, line, on_call, recorded_at, recorded_by) "
        "select id, %s, '{}', '', now(), 'c' from care_unit",
        [hours],
    )
    # there it is November half a day earlier
    world.now_ms = WARNS - 12 * HOUR_MS
    assert await world.tend() == 1


async def test_the_newest_version_says_when_a_prescription_ends(world: _World) -> None:
    await prescribe_until(world.conn, "p1", date(2027, 5, 31), version=2)
    assert await world.tend() == 0
    # ended earlier than the first version had it
    await prescribe_until(world.conn, "p1", date(2026, 4, 30), version=3)
    assert await world.tend() == 1
    assert (await account_life.account_warnings(world.conn))[0].warned_for == date(2026, 10, 30)


async def _close(world: _World, why: str = "a letter") -> None:
    account = await account_life.held_account(world.conn, "p1")
    await account_life.close_account(
        world.conn, account, by="os:tester", why=why, now_ms=world.now_ms
    )


async def _seen_by(door: Connection, conn: Connection) -> None:
    """Let the door's transaction see the rows of p1, as after a sign-in."""
    await set_patient(door, await patient_id(conn, "p1"))


@pytest.mark.promise(16)
async def test_after_a_closing_nobody_gets_in(world: _World, dsn: str) -> None:
    conn, now_ms = world.conn, world.now_ms
    await begin_patient_session(conn, "p1", _SESSION, now_ms - HOUR_MS, now_ms + HOUR_MS)
    await put_door_link(conn, "p1", _LINK, by="c", now_ms=now_ms, until_ms=now_ms + HOUR_MS)
    await _close(world)
    await conn.commit()
    async with (
        await open_pool(dsn, max_size=1, role=PATIENT_DOOR) as pool,
        pool.connection() as door,
    ):
        # the policies would hide the closed account as well: each step must refuse by itself
        await set_patient(door, await patient_id(conn, "p1"))
        assert await use_patient_session(door, _SESSION, now_ms, HOUR_MS) is None
        assert not await door_link_opens(door, _LINK, now_ms)
        assert await use_door_link(door, _LINK, now_ms) is None
        await _seen_by(door, conn)
        with pytest.raises(AccountClosedError):
            await begin_patient_session(door, "p1", "c" * 64, now_ms, now_ms + HOUR_MS)
        with pytest.raises(AccountClosedError):
            await consents.give_consent(door, "p1", "files", from_ms=now_ms, now_ms=now_ms)


@pytest.mark.promise(16)
async def test_a_closing_ends_sources_channels_and_messages(world: _World) -> None:
    conn, now_ms = world.conn, world.now_ms
    await consents.give_consent(conn, "p1", "polar", from_ms=now_ms - 1, now_ms=now_ms)
    sms = consents.CONTACT_CHANNEL
    await consents.give_consent(conn, "p1", "sms", from_ms=0, now_ms=now_ms, kind=sms)
    await world.tend()  # leaves a nudge that waits
    await put_message(conn, "email", "k", "c@example.org", {}, now_ms)
    await _close(world)
    assert await consents.consented(conn, "p1", "polar", now_ms - 1)
    assert not await consents.consented(conn, "p1", "polar", now_ms)
    assert not await consents.may_contact(conn, "p1", "sms", now_ms)
    assert cells_of(await world.all("select channel from outbox"), 0) == ["email"]
    await conn.execute(
        "insert into vendor_connection (connector, account, patient, tokens, connected_at, "
        "changed_at, state) select 'polar', 'a', id, '', now(), now(), 'connected' from patient "
        "where pseudonym = 'p1'"
    )
    # the fetcher's own round
    assert await withdraw_uncovered(conn, now_ms) == 1


async def test_two_who_close_at_once_and_who_open_again(world: _World) -> None:
    await _close(world)
    with pytest.raises(AccountClosedError):
        await _close(world)
    account = await account_life.held_account(world.conn, "p1")
    by = {"by": "os:tester", "why": "asked", "now_ms": CLOSES}
    await account_life.reopen_account(world.conn, account, **by)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not closed"):
        await account_life.reopen_account(world.conn, account, **by)  # type: ignore[arg-type]
    await begin_patient_session(world.conn, "p1", _SESSION, CLOSES, CLOSES + 1)
    # opened again counts as a sign-in: it is not closed at once
    world.now_ms = CLOSES + 1
    assert await world.tend() == 0
    with pytest.raises(UnknownNameError):
        await account_life.held_account(world.conn, "nobody")


@pytest.mark.promise(17)
async def test_a_prescription_that_ended_stays_until_the_account_is_erased(
    world: _World, dsn: str
) -> None:
    await world.tend()
    world.now_ms = CLOSES
    await world.tend()
    async with (
        await open_pool(dsn, max_size=1, role=PATIENT_DOOR) as pool,
        pool.connection() as door,
    ):
        await _seen_by(door, world.conn)
        kept = await (await door.execute("select prescription from prescription")).fetchall()
    assert kept == [("plan",)]


async def test_open_requests_and_restrictions_hold_an_erasure(world: _World, dsn: str) -> None:
    conn = world.conn
    await rights_requests.open_request(conn, "p1", RightKind.ACCESS, 0)
    await restrictions.add_restriction(
        conn, "p2", interval=(0, None), by="c", why="disputed", now_ms=0
    )
    await conn.commit()
    async with await open_pool(dsn, max_size=1, role=ADMIN) as pool, pool.connection() as admin:
        kept = await account_life.accounts_of_unit(admin)
    assert {row.pseudonym for row in kept if row.life.is_held} == {"p1", "p2"}
