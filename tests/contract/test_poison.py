"""A payload that makes a reader or the worker fail or end costs only itself.

The others are stored, and nothing is lost.
"""

import subprocess
import sys
import time

import pytest

from model.facts import RejectKind
from model.topics import FACTS, RAW
from storage.people import consents
from tests.contract.conftest import CONTRACT_NOW_MS
from tests.contract.entry import END, RAISE
from tests.contract.test_ledger import add_patient, ledger_facts
from tests.contract.test_worker import dead, report_body
from tests.rig import DEADLINE_S, Rig
from tests.rows import values_of

_ENTRY = (sys.executable, "-m", "tests.contract.entry")


def send_among_others(rig: Rig, *poison: tuple[str, bytes], count: int = 30) -> None:
    """Append reports of a patient to every partition, and poison among them."""
    for number in range(count):
        rig.append("reports", report_body("a", f"r{number}", 0), received_ms=CONTRACT_NOW_MS)
        if number == count // 2:
            for connector, body in poison:
                rig.append(connector, body, received_ms=CONTRACT_NOW_MS, patient="p")
    rig.flush()


def _kinds(rig: Rig) -> dict[str, int]:
    """Return how many dead letters there are of each kind."""
    values: dict[str, int] = {}
    for letter in dead(rig):
        values[letter.kind] = values.get(letter.kind, 0) + 1
    return values


def test_bugs_in_readers_cost_the_bodies_that_meet_them(own: Rig) -> None:
    add_patient(own)
    own.do(lambda conn: consents.give_consent(conn, "p", "files", from_ms=0, now_ms=0))
    worker = own.start_worker(program=(*_ENTRY, "readers"))
    marks = (b"<raise>", b"<loop>", b"<hoard>", b"<exit>")
    send_among_others(own, *(("files", mark) for mark in marks))
    own.wait(lambda: ledger_facts(own) == 30, "30 facts")
    own.wait(lambda: sum(_kinds(own).values()) == 4, "4 dead letters")
    assert _kinds(own) == {
        RejectKind.READER_FAULT: 1,
        RejectKind.TOO_SLOW: 1,
        RejectKind.TOO_LARGE: 1,
        RejectKind.ENDED_THE_WORKER: 1,
    }
    assert worker.poll() is None
    assert b"nobody may log" not in own.log("w1").read_bytes()


@pytest.mark.parametrize("own", ["mock"], indirect=True)
@pytest.mark.parametrize("bug", ["settle", "derive"])
def test_an_error_of_the_worker_costs_one_message(own: Rig, bug: str) -> None:
    add_patient(own)
    worker = own.start_worker(program=(*_ENTRY, bug))
    send_among_others(own, ("reports", report_body("a", RAISE.decode(), 0)))
    own.wait(lambda: ledger_facts(own) == 30, "30 facts")
    own.wait(lambda: _kinds(own) == {RejectKind.READER_FAULT: 1}, "a dead letter")
    assert set(values_of(dead(own), "topic")) == {RAW.name if bug == "settle" else FACTS.name}
    assert worker.poll() is None
    assert b"nobody may log" not in own.log("w1").read_bytes()


@pytest.mark.parametrize("own", ["mock"], indirect=True)
@pytest.mark.parametrize("bug", ["settle", "derive"])
def test_what_ends_the_worker_three_times_alone_is_set_aside_untried(own: Rig, bug: str) -> None:
    add_patient(own)
    send_among_others(own, ("reports", report_body("a", END.decode(), 0)))
    deadline = time.monotonic() + 2 * DEADLINE_S
    ends = 0
    worker = own.start_worker(program=(*_ENTRY, bug))
    while ledger_facts(own) < 30 or _kinds(own) != {RejectKind.ENDED_THE_WORKER: 1}:
        assert time.monotonic() < deadline, own.tail()
        if _ended(worker):
            ends += 1
            worker = own.start_worker(program=(*_ENTRY, bug))
    assert ends == 4  # once among others, three times alone
    assert ledger_facts(own) == 30
    assert not _ended(worker)


def _ended(worker: subprocess.Popen[bytes]) -> bool:
    try:
        return worker.wait(0.1) is not None
    except subprocess.TimeoutExpired:
        return False
