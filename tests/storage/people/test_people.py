from dataclasses import replace
from datetime import date

import pytest

from model.intensity import HeartProfile
from model.keyring import KeyRing
from model.prescription import Intensity, Pause, Prescription
from storage.alerts import to_judge
from storage.people import accounts, consents, identities, patients
from storage.people.errors import TakenError, UnknownNameError
from storage.people.profiles import profiles
from storage.pg import crypto
from storage.pg.pool import Connection
from stream.deriving import patient_inputs

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(range(32)))
_DAY = 86_400_000


def plan(version: int = 1, sessions: int = 3) -> Prescription:
    return Prescription(
        id="rx",
        version=version,
        valid_from=date(2026, 9, 1),
        valid_to=date(2026, 12, 1),
        sessions_per_week=sessions,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
        pauses=(Pause(first=date(2026, 9, 7), last=date(2026, 9, 8), why="holiday"),),
    )


@pytest.mark.promise(4)
async def test_identity_is_sealed_with_the_patients_own_key(conn: Connection) -> None:
    name = await patients.add_patient(
        conn,
        wrapping_key=_KEY,
        unit="unit",
        zone="Europe/Stockholm",
        now_ms=0,
        identity={"name": "Somebody"},
    )
    assert await identities.identity_of(conn, _KEY, name) == {"name": "Somebody"}
    row = await (await conn.execute("select sealed from identity.person")).fetchone()
    assert row is not None
    assert b"Somebody" not in row[0]
    with pytest.raises(crypto.SealError):
        await identities.identity_of(conn, KeyRing.single(bytes(32)), name)
    assert await identities.identity_of(conn, _KEY, "p1") == {}


async def test_a_value_of_another_patient_does_not_open() -> None:
    sealed = crypto.wrap_value(_KEY, b"value", "identity:p1")
    assert crypto.unwrap_value(_KEY, sealed, "identity:p1") == b"value"
    for wrong in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b""):
        with pytest.raises(crypto.SealError):
            crypto.unwrap_value(_KEY, wrong, "identity:p1")
    with pytest.raises(crypto.SealError):
        crypto.unwrap_value(_KEY, sealed, "identity:p2")


async def test_pseudonyms_are_unique_and_zones_real(conn: Connection) -> None:
    with pytest.raises(TakenError):
        await patients.add_patient(
            conn, wrapping_key=_KEY, unit="unit", zone="UTC", now_ms=0, pseudonym="p1"
        )
    with pytest.raises(UnknownNameError):
        await patients.add_patient(conn, wrapping_key=_KEY, unit="nowhere", zone="UTC", now_ms=0)
    with pytest.raises(ValueError, match="IANA time zone"):
        await patients.add_patient(
            conn, wrapping_key=_KEY, unit="unit", zone="Mars/Crater", now_ms=0
        )
    assert await patients.zones_of(conn, ["p1", "nobody"]) == {"p1": "Europe/Stockholm"}
    assert await patients.pseudonyms(conn) == ["p1", "p2", "p3"]


async def test_an_account_belongs_to_one_patient_at_a_time(conn: Connection) -> None:
    await accounts.link_account(conn, "p1", "v", "a", 5)
    await accounts.link_account(conn, "p1", "v", "a", 6)
    with pytest.raises(TakenError):
        await accounts.link_account(conn, "p2", "v", "a", 7)
    assert await accounts.unlink(conn, "v", "a", 8)
    assert not await accounts.unlink(conn, "v", "a", 9)
    assert await accounts.patient_of(conn, "v", "a") is None
    await accounts.link_account(conn, "p2", "v", "a", 10)
    assert await accounts.patients_of(conn, [("v", "a"), ("v", "b")]) == {("v", "a"): "p2"}


@pytest.mark.promise(1)
@pytest.mark.promise(7)
async def test_consent_counts_at_the_instant_of_receipt(conn: Connection) -> None:
    assert not await consents.consented(conn, "p1", "v", 100)
    await consents.give_consent(conn, "p1", "v", from_ms=100, now_ms=90)
    await consents.give_consent(conn, "p1", "v", from_ms=150, now_ms=150)
    assert await consents.withdraw_consent(conn, "p1", "v", from_ms=200)
    assert not await consents.withdraw_consent(conn, "p1", "v", from_ms=200)
    instants = [("p1", "v", ms) for ms in (99, 100, 199, 200)]
    assert await consents.covered(conn, [*instants, ("p1", "w", 150), ("p2", "v", 150)]) == {1, 2}
    await consents.give_consent(conn, "p1", "v", from_ms=300, now_ms=300)
    assert await consents.consented(conn, "p1", "v", 300)
    assert not await consents.consented(conn, "p1", "v", 250)


async def test_profiles_come_back_as_given(conn: Connection) -> None:
    first = HeartProfile(
        valid_from=date(2026, 1, 1), birth_year=1960, clinician_bpm=(90.0, 100.5, 120.0, 140.0)
    )
    later = HeartProfile(valid_from=date(2026, 5, 1), hr_max=150.0, beta_blocker=True)
    tested = replace(
        later, valid_from=date(2026, 8, 1), threshold_hr=139.5, vt1_bpm=110.0, vt2_bpm=141.0
    )
    tested = replace(tested, ftp_w=180.0, sex="female")
    for profile in (tested, later, first, first):
        await patient_inputs.change_profile(conn, "p1", profile, 0)
    assert await profiles(conn, "p1") == (first, later, tested)


async def test_a_profile_of_before_a_field_was_known_is_read_without_it(conn: Connection) -> None:
    await patient_inputs.change_profile(
        conn, "p1", HeartProfile(valid_from=date(2026, 1, 1), hr_max=150.0), 0
    )
    await conn.execute(
        "update heart_profile set profile = profile - 'sex' - 'ftp_w' - 'threshold_hr' - 'vt1_bpm'"
    )
    assert await profiles(conn, "p1") == (HeartProfile(valid_from=date(2026, 1, 1), hr_max=150.0),)


@pytest.mark.promise(5)
async def test_a_version_of_a_prescription_stays_what_it_said(conn: Connection) -> None:
    await patient_inputs.prescribe(conn, "p1", plan(), 0)
    await patient_inputs.prescribe(conn, "p1", plan(), 5)
    with pytest.raises(TakenError):
        await patient_inputs.prescribe(conn, "p1", plan(sessions=4), 5)
    await patient_inputs.prescribe(conn, "p1", replace(plan(version=2), sessions_per_week=4), 5)
    assert list(await to_judge.take_due(conn, 0, 10)) == ["p1"]


async def test_a_body_is_of_whom_its_account_was_linked_to_when_it_was_received(
    conn: Connection,
) -> None:
    await accounts.link_account(conn, "p1", "v", "a", 10)
    assert await accounts.owners(conn, [("v", "a", 9), ("v", "a", 10), ("v", "a", 99)]) == {
        0: "p1",
        1: "p1",
        2: "p1",
    }
    await accounts.unlink(conn, "v", "a", 20)
    accounts_at = [("v", "a", at) for at in (9, 10, 19, 20, 30)]
    assert await accounts.owners(conn, accounts_at) == {1: "p1", 2: "p1"}
    await accounts.link_account(conn, "p2", "v", "a", 30)
    assert await accounts.owners(conn, [*accounts_at, ("v", "b", 30)]) == {
        0: "p2",
        1: "p1",
        2: "p1",
        3: "p2",
        4: "p2",
    }


async def test_the_earliest_request_stands_and_is_taken_once(conn: Connection) -> None:
    await to_judge.mark_due(conn, "p2", 50, "late")
    await to_judge.mark_due(conn, "p2", 20, "early")
    await to_judge.mark_due(conn, "p2", 90, "later")
    await to_judge.mark_all(conn, ["p1", "p3", "nobody"], 30, "all")
    assert list(await to_judge.take_due(conn, 19, 10)) == []
    assert list(await to_judge.take_due(conn, 30, 2)) == ["p2", "p1"]
    await to_judge.settle_all(conn, {"p3": 100})
    assert list(await to_judge.take_due(conn, 99, 10)) == []
    assert list(await to_judge.take_due(conn, 100, 10)) == ["p3"]
