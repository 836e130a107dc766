"""A withdrawal stops its source at once, and no other; a consent never begins in the future."""

from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable

from model.keyring import KeyRing
from storage.bodies import quarantine
from storage.bodies.body_store import Directory
from storage.people import accounts, consents
from storage.people.errors import RefusedError
from storage.people.patients import hold_patient_alone, hold_patients, patient_id
from storage.pg.pool import Connection
from storage.pg.roles import PATIENT_DOOR
from storage.pg.row_security import set_patient
from storage.rights.stopping import stop_source
from tests.rows import cells_of
from tests.storage.people.test_quarantine import held

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))
_NOW = 1_000_000


async def _accounts(conn: Connection, tmp_path: Path) -> None:
    store = Directory(tmp_path)
    for number, (vendor, account) in enumerate((("v", "a"), ("v", "stranger"), ("w", "a"))):
        body = quarantine.QuarantinedBody(
            cluster="c", topic="t", partition=0, offset=number, vendor=vendor, account=account,
            headers={}, body=held(1).body,
        )  # fmt: skip
        await quarantine.hold_body(conn, store, _KEY, body, 0)
    for vendor in ("v", "w"):
        await consents.give_consent(conn, "p1", vendor, from_ms=1, now_ms=1)
        await accounts.link_account(conn, "p1", vendor, "a", 10)


async def _waiting(conn: Connection) -> list[tuple[str, str]]:
    query = "select vendor, account from quarantine order by 1, 2"
    return [(row[0], row[1]) for row in await (await conn.execute(query)).fetchall()]


@pytest.mark.promise(7)
@pytest.mark.parametrize("role", ["", PATIENT_DOOR])
async def test_a_withdrawal_deletes_what_waits_of_its_source_and_of_no_other(
    conn: Connection, tmp_path: Path, role: str
) -> None:
    await _accounts(conn, tmp_path)
    if role:
        await set_patient(conn, await patient_id(conn, "p1"))
        await conn.execute(f"set local role {role}".encode())
    assert await stop_source(conn, "p1", "v", from_ms=_NOW, now_ms=_NOW)
    await conn.execute("reset role")
    assert await _waiting(conn) == [("v", "stranger"), ("w", "a")]
    receipts = [("p1", "v", _NOW - 1), ("p1", "v", _NOW), ("p1", "w", _NOW)]
    assert await consents.covered(conn, receipts) == {0, 2}


@pytest.mark.parametrize("role", ["", PATIENT_DOOR])
async def test_what_waits_for_whoever_has_the_account_now_is_left_alone(
    conn: Connection, tmp_path: Path, role: str
) -> None:
    await _accounts(conn, tmp_path)
    assert await accounts.unlink(conn, "v", "a", 20)
    await accounts.link_account(conn, "p2", "v", "a", 30)
    if role:
        await set_patient(conn, await patient_id(conn, "p1"))
        await conn.execute(f"set local role {role}".encode())
    assert await stop_source(conn, "p1", "v", from_ms=_NOW, now_ms=_NOW)
    await conn.execute("reset role")
    assert await _waiting(conn) == [("v", "a"), ("v", "stranger"), ("w", "a")]


@pytest.mark.promise(7)
async def test_a_withdrawal_that_lies_ahead_deletes_nothing_yet(
    conn: Connection, tmp_path: Path
) -> None:
    await _accounts(conn, tmp_path)
    assert await stop_source(conn, "p1", "v", from_ms=_NOW + 1, now_ms=_NOW)
    assert len(await _waiting(conn)) == 3
    assert not await stop_source(conn, "p1", "u", from_ms=_NOW, now_ms=_NOW)


async def test_a_channel_that_is_muted_leaves_every_source_as_it_was(conn: Connection) -> None:
    for vendor, kind in (("v", consents.SOURCE_FETCH), ("sms", consents.CONTACT_CHANNEL)):
        await consents.give_consent(conn, "p1", vendor, from_ms=1, now_ms=1, kind=kind)
    assert await consents.may_contact(conn, "p1", "sms", _NOW)
    assert not await consents.may_contact(conn, "p1", "mail", _NOW)
    kind = consents.CONTACT_CHANNEL
    assert await consents.withdraw_consent(conn, "p1", "sms", from_ms=_NOW, kind=kind)
    assert not await consents.may_contact(conn, "p1", "sms", _NOW)
    assert await consents.consented(conn, "p1", "v", _NOW)


@pytest.mark.promise(1)
async def test_a_consent_in_the_future_is_refused(conn: Connection) -> None:
    ahead = _NOW + consents.SKEW_MS + 1
    with pytest.raises(RefusedError, match="cannot be dated in the future"):
        await consents.give_consent(conn, "p1", "v", from_ms=ahead, now_ms=_NOW)
    await consents.give_consent(conn, "p1", "v", from_ms=_NOW + consents.SKEW_MS, now_ms=_NOW)
    kept = await (await conn.execute("select vendor from consent")).fetchall()
    assert cells_of(kept, 0) == ["v"]


@pytest.mark.promise(7)
async def test_a_withdrawal_waits_for_what_has_looked_at_the_consent_already(
    conn: Connection, dsn: str
) -> None:
    await consents.give_consent(conn, "p1", "v", from_ms=1, now_ms=1)
    await conn.commit()
    async with await AsyncConnection.connect(dsn) as withdrawing:
        # a worker that holds the patient and found the consent
        await hold_patients(conn, ["p1"])
        assert await consents.consented(conn, "p1", "v", _NOW)
        await withdrawing.execute("set lock_timeout = '200ms'")
        with pytest.raises(LockNotAvailable):
            await hold_patient_alone(withdrawing, "p1")
        await withdrawing.rollback()
        await conn.commit()
        # once it is over, the withdrawal goes first, and the worker waits for it
        await hold_patient_alone(withdrawing, "p1")
        assert await stop_source(withdrawing, "p1", "v", from_ms=_NOW, now_ms=_NOW)
        await conn.execute("set lock_timeout = '200ms'")
        with pytest.raises(LockNotAvailable):
            await hold_patients(conn, ["p1"])
        await conn.rollback()
        await withdrawing.commit()
    await hold_patients(conn, ["p1"])
    assert not await consents.consented(conn, "p1", "v", _NOW)
