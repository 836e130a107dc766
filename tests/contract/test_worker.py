"""What the worker promises, the same on every log.

Payloads go in at `kadens.raw`, rows come out, and nothing is lost or doubled.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest

from model.calendar import DAY_MS, rfc3339
from model.codec import encode_attributed
from model.envelope import INLINE
from model.facts import AttributedFact, Head, Source, Workout
from model.topics import FACTS, RAW
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import heart_rate_body, workout_body
from storage.bodies.body_store import open_bodies
from storage.bodies.sealed import new_name
from storage.people import accounts, care_team, consents, patients
from storage.pg.pool import Connection
from stream.dead.letters import DeadLetter, read_dead
from tests.contract.conftest import CONTRACT_NOW_MS
from tests.rig import RIG_KEY, Rig, run
from tests.rows import matching, values_of

_ZONE = "Europe/Stockholm"
_START_MS = CONTRACT_NOW_MS - 6 * 3_600_000
_numbers = count(1)


class Patient:
    """A patient of a test, linked and consenting by default."""

    def __init__(self, rig: Rig, *, linked: bool = True, consent: bool = True) -> None:
        number = next(_numbers)
        self.rig, self.name, self.account = rig, f"patient-{number}", f"account-{number}"
        rig.do(lambda conn: self._add(conn, linked=linked, consent=consent))

    async def _add(self, conn: Connection, *, linked: bool, consent: bool) -> None:
        before = CONTRACT_NOW_MS - 90 * DAY_MS
        await care_team.add_unit(conn, "Unit")
        await patients.add_patient(
            conn, wrapping_key=RIG_KEY, unit="Unit", zone=_ZONE, now_ms=before, pseudonym=self.name
        )
        for vendor in ("open_wearables", "reports", "files") if consent else ():
            await consents.give_consent(conn, self.name, vendor, from_ms=before, now_ms=before)
        for vendor in ("open_wearables", "reports") if linked else ():
            await accounts.link_account(conn, self.name, vendor, self.account, before)

    def link(self) -> int:
        return self.rig.do(
            lambda conn: accounts.link_account(
                conn, self.name, "open_wearables", self.account, CONTRACT_NOW_MS
            )
        )

    def count(self, table: str) -> int:
        query = (
            f"select count(*) from {table} x join patient p "  # noqa: S608
            "on p.id = x.patient where p.pseudonym = %s"
        )
        return int(self.rig.value(query, self.name))

    def waits_for(self, table: str, rows: int = 1) -> None:
        self.rig.wait(lambda: self.count(table) >= rows, f"{rows} rows in {table}")


@pytest.fixture
def patient(rig: Rig) -> Iterator[Patient]:
    rig.set_clock(CONTRACT_NOW_MS)
    yield Patient(rig)
    rig.set_clock(CONTRACT_NOW_MS)


def _heart(account: str, minutes: int = 60, start_ms: int = _START_MS) -> bytes:
    t = start_ms + np.arange(minutes, dtype=np.int64) * 60_000
    return heart_rate_body(account, _ZONE, t, np.full(minutes, 120.0))


def _workout(account: str, record: str = "w1") -> bytes:
    return workout_body(account, _ZONE, record, "walking", (_START_MS, _START_MS + 1_800_000), {})


def report_body(account: str, key: str = "r1", value: int = 8) -> bytes:
    result = {
        "id": key,
        "answered_at": rfc3339(_START_MS + 3_600_000),
        "instrument": "pain",
        "phase": "after",
        "value": value,
        "scale": "nrs-0-10",
    }
    return json.dumps({"type": "report.created", "patient": account, "report": result}).encode()


def fit(seconds: int = 1_800) -> bytes:
    """Return a walk of half an hour in the morning."""
    start_ms = _START_MS - 4 * 3_600_000
    return write_activity(
        Recording(
            start_ms=start_ms,
            end_ms=start_ms + seconds * 1000,
            sport="walking",
            sub_sport=0,
            offset_min=60,
            t=start_ms + np.arange(seconds, dtype=np.int64) * 1000,
            columns={"heart_rate": np.full(seconds, 110.0)},
            product=3076,
            serial=3_900_000_000 + next(_numbers),
            strap=False,
        )
    )


def _send(rig: Rig, *bodies: tuple[str, bytes], received_ms: int = CONTRACT_NOW_MS) -> None:
    for connector, body in bodies:
        rig.append(connector, body, received_ms=received_ms)
    rig.flush()


def dead(rig: Rig) -> list[DeadLetter]:
    async def read() -> list[DeadLetter]:
        return [letter async for letter in read_dead(rig.brokers)]

    return run(read())


def _settled(rig: Rig, other: Patient) -> None:
    """Return once payloads sent now to every partition are done.

    What was sent before them is then done too.
    """
    before = other.count("fact")
    for number in range(24):
        _send(rig, ("reports", report_body(other.account, f"mark-{before}-{number}", 0)))
    other.waits_for("fact", before + 24)


def test_a_body_of_each_kind_becomes_rows(rig: Rig, patient: Patient) -> None:
    account = patient.account
    _send(
        rig,
        ("open_wearables", _heart(account)),
        ("open_wearables", _workout(account)),
        ("reports", report_body(account)),
    )
    rig.append("files", fit(), received_ms=CONTRACT_NOW_MS, patient=patient.name)
    rig.flush()
    patient.waits_for("session", 2)
    patient.waits_for("sample", 1_860)
    patient.waits_for("fact", 5)
    patient.waits_for("body", 4)
    assert patient.count("day") == 1
    assert patient.count("week") == 1
    assert patient.count("sample") == 1_860


def test_a_body_in_the_body_store_is_read_there(rig: Rig, patient: Patient) -> None:
    body = fit()
    address = run(
        open_bodies(str(rig.folder / "bodies")).put(hashlib.sha256(body).hexdigest(), body)
    )
    rig.append("files", body, received_ms=CONTRACT_NOW_MS, patient=patient.name, address=address)
    rig.append(
        "files",
        body + b" ",
        received_ms=CONTRACT_NOW_MS,
        patient=patient.name,
        address=address[:-4] + "0000",
    )
    rig.flush()
    patient.waits_for("sample", 1_800)
    rig.wait(lambda: any(item.where == "body store" for item in dead(rig)), "a dead letter")
    assert patient.count("sample") == 1_800


@pytest.mark.promise(24)
def test_pain_raises_one_alert_and_a_mail_without_a_value(rig: Rig, patient: Patient) -> None:
    async def add_clinician(conn: Connection) -> None:
        clinician = care_team.Clinician(
            subject="c", name="C", email=f"{patient.name}@clinic.example", unit="Unit"
        )
        await care_team.add_clinician(conn, clinician)

    rig.do(add_clinician)
    _send(rig, *[("reports", report_body(patient.account, value=9))] * 3)
    patient.waits_for("alert")
    mail = rig.folder / "mail"
    rig.wait(lambda: any(patient.name in item.read_text() for item in mail.glob("*.eml")), "a mail")
    (text,) = [
        item.read_text()
        for item in mail.glob("*.eml")
        if f"To: {patient.name}@" in item.read_text()
    ]
    words = re.findall(r"\w+", text.partition("\n\n")[2])
    assert not {"9", "nine", "pain", patient.name, patient.account} & {
        word.lower() for word in words
    }
    assert patient.count("alert") == 1


def test_garbage_goes_to_the_dead_letters_and_the_next_body_is_read(
    rig: Rig, patient: Patient
) -> None:
    garbage = b'{"type": "heart_rate.created", "data": [' + patient.account.encode()
    file = b"\x0e\x10\xd9\x07\x05\x00\x00\x00.FIT" + patient.account.encode()
    rig.append("open_wearables", garbage, received_ms=CONTRACT_NOW_MS)
    rig.append("files", file, received_ms=CONTRACT_NOW_MS, patient=patient.name)
    rig.append_raw(b"no envelope " + patient.account.encode(), b"k", [])
    _send(rig, ("reports", report_body(patient.account)))
    patient.waits_for("fact")
    wanted = {hashlib.sha256(body).hexdigest(): body for body in (garbage, file)}
    rig.wait(lambda: set(values_of(dead(rig), "sha256")) >= wanted.keys(), "dead letters")
    letters = dead(rig)
    (json_letter,) = [letter for letter in letters if wanted.get(letter.sha256) == garbage]
    assert json_letter.size == len(garbage)
    assert (json_letter.topic, json_letter.connector, json_letter.received_ms) == (
        RAW.name,
        "open_wearables",
        CONTRACT_NOW_MS,
    )
    assert json_letter.where
    assert json_letter.why
    assert any(letter.connector == "files" for letter in letters)
    assert any(letter.where == "headers" and letter.connector == "" for letter in letters)


def test_a_large_body_leaves_no_copy_in_clear_whatever_becomes_of_it(
    rig: Rig, patient: Patient
) -> None:
    mark = b"in clear " + patient.account.encode()
    filling = hashlib.shake_256(mark).hexdigest(INLINE // 2).encode()
    note = b', "note": "' + mark + filling + b'"}'
    bodies = {
        "unreadable": ("files", mark + filling, patient.name),
        "without consent": (
            "reports",
            report_body("nobody", "r-large")[:-1] + note,
            Patient(rig, consent=False).name,
        ),
        "unknown account": ("reports", report_body(f"nobody-{patient.account}")[:-1] + note, ""),
        "read": ("reports", report_body(patient.account, "r-large")[:-1] + note, ""),
    }
    folder = rig.folder / "bodies"
    store = open_bodies(str(folder))
    for connector, body, name in bodies.values():
        address = run(store.put(new_name(), body))
        rig.append(connector, body, received_ms=CONTRACT_NOW_MS, patient=name, address=address)
    rig.flush()
    patient.waits_for("fact")
    held = "select count(*) from quarantine where account = %s"
    rig.wait(lambda: rig.value(held, f"nobody-{patient.account}") == 1, "quarantine")
    patient.waits_for("dead_letter")
    rig.wait(
        lambda: (
            not [path for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]
        ),
        "no copy",
    )


def test_what_is_no_fact_goes_to_the_dead_letters_and_what_is_nobodys_is_not_kept(
    rig: Rig, patient: Patient
) -> None:
    future = b'{"v": 99, "patient": "' + patient.name.encode() + b'"}'
    nobodys = encode_attributed(
        AttributedFact(
            patient="nobody",
            connector="files",
            received_ms=CONTRACT_NOW_MS,
            body="00" * 32,
            fact=Workout(
                head=Head(source=Source(vendor="files"), record=patient.name, start_ms=0, end_ms=1),
                type="walking",
            ),
        )
    )
    for value in (future, nobodys):
        rig.append_raw(value, patient.name.encode(), [], FACTS.name)
    _send(rig, ("reports", report_body(patient.account)))
    patient.waits_for("fact")
    rig.wait(
        lambda: len(future) in set(values_of(matching(dead(rig), topic=FACTS.name), "size")),
        "a dead letter",
    )
    reasons = {item.size: item.why for item in dead(rig) if item.topic == FACTS.name}
    assert reasons[len(future)] == "not a fact of this version"
    assert (
        len(nobodys) not in reasons
    )  # of a patient who was erased nothing is kept, not even a dead letter


def test_an_unknown_account_waits_for_its_link(rig: Rig, patient: Patient) -> None:
    stranger = Patient(rig, linked=False)
    _send(rig, ("open_wearables", _workout(stranger.account)))
    held = "select count(*) from quarantine where account = %s"
    rig.wait(lambda: rig.value(held, stranger.account) == 1, "quarantine")
    assert stranger.count("fact") == 0
    assert stranger.link() == 1
    stranger.waits_for("session")
    assert rig.value(held, stranger.account) == 0
    assert patient.count("fact") == 0


def test_a_link_made_while_the_body_was_put_away_is_not_missed(rig: Rig) -> None:
    stranger = Patient(rig, linked=False)
    _send(rig, ("open_wearables", _workout(stranger.account)))
    held = "select count(*) from quarantine where account = %s"
    rig.wait(lambda: rig.value(held, stranger.account) == 1, "quarantine")

    async def link_unseeing(conn: Connection) -> None:
        """Link as a transaction does that cannot see the body yet."""
        await conn.execute(
            "insert into account select 'open_wearables', %s, id, created_at from patient "
            "where pseudonym = %s",
            [stranger.account, stranger.name],
        )

    rig.do(link_unseeing)
    stranger.waits_for("session")


def test_an_account_that_nobody_links_is_forgotten_after_a_day(rig: Rig, patient: Patient) -> None:
    stranger = Patient(rig, linked=False)
    _send(rig, ("open_wearables", _workout(stranger.account)))
    held = "select count(*) from quarantine where account = %s"
    rig.wait(lambda: rig.value(held, stranger.account) == 1, "quarantine")
    rig.set_clock(CONTRACT_NOW_MS + DAY_MS)
    rig.wait(lambda: rig.value(held, stranger.account) == 0, "expiry", 90)
    assert stranger.link() == 0
    _settled(rig, patient)
    assert stranger.count("fact") == 0


@pytest.mark.promise(1)
def test_without_consent_nothing_is_stored(rig: Rig, patient: Patient) -> None:
    other = Patient(rig, consent=False)
    broken = b'{"broken": ' + other.account.encode()
    _send(rig, ("open_wearables", _workout(other.account)), ("reports", report_body(other.account)))
    rig.append("open_wearables", broken, received_ms=CONTRACT_NOW_MS, patient=other.name)
    _settled(rig, patient)
    assert {
        table: other.count(table) for table in ("fact", "sample", "body", "session", "alert", "due")
    } == {
        "fact": 0,
        "sample": 0,
        "body": 0,
        "session": 0,
        "alert": 0,
        "due": 0,
    }
    assert hashlib.sha256(broken).hexdigest() not in set(values_of(dead(rig), "sha256"))


@pytest.mark.promise(1)
@pytest.mark.promise(7)
def test_consent_counts_at_the_time_of_receipt(rig: Rig, patient: Patient) -> None:
    async def withdraw(conn: Connection) -> None:
        await consents.withdraw_consent(
            conn, patient.name, "open_wearables", from_ms=CONTRACT_NOW_MS
        )

    rig.do(withdraw)
    _send(
        rig,
        ("open_wearables", _workout(patient.account, "before")),
        received_ms=CONTRACT_NOW_MS - 1,
    )
    _send(rig, ("open_wearables", _workout(patient.account, "after")), received_ms=CONTRACT_NOW_MS)
    patient.waits_for("fact")
    _settled(rig, Patient(rig))
    assert patient.count("fact") == 1


def test_redelivery_changes_nothing(rig: Rig, patient: Patient) -> None:
    bodies = [
        ("open_wearables", _heart(patient.account)),
        ("open_wearables", _workout(patient.account)),
        ("reports", report_body(patient.account)),
    ]
    _send(rig, *bodies)
    patient.waits_for("session")
    _settled(rig, Patient(rig))
    other = Patient(rig)
    before = rig.digest()
    _send(rig, *bodies, *bodies[::-1], *bodies)
    mark = report_body(other.account, "mark", 0)
    _send(rig, ("reports", mark))
    other.waits_for("fact")
    _settled(rig, other)
    after = rig.digest()
    ours = "select count(*) from record r join patient p on p.id = r.patient where p.pseudonym = %s"
    assert rig.value(ours, patient.name) == 3
    assert after["sample"] == before["sample"]
    assert after["session"] == before["session"]
