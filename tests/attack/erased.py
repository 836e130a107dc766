"""Payloads that ended in odd states belong to a patient too, even without a row.

After they were sent the patients are erased, and their bytes are searched for.
"""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from model.codec import dumps
from tests.attack.fit_bodies import activity_file
from tests.attack.instruments.letters import Letters
from tests.attack.instruments.measure import MB, AttackRow, equal
from tests.attack.instruments.senders import SENDERS_HOST, Answer, Sender
from tests.attack.product import Person, now_ms
from tests.attack.runs import Options, Town, town
from tests.chaos.waiting import waited_for
from tests.rows import values_of

_LARGE = 2 * MB  # beyond what a message itself holds: it lies in the body store
SPOOLED = 8 * MB
_SETTLE_S, SWEEP_S = 30.0, 60.0
TEMP = Path("/tmp")  # noqa: S108 - where the doors spool when nothing else is set
_STRANGER = "a-stranger"


def erasure(options: Options) -> Iterator[AttackRow]:
    """Yield what a search finds after each person of the attack was erased."""
    with town(options, 0) as at:
        mute = at.on.enrol("mute", sources=())  # never gave a consent
        marks = {
            what: os.urandom(16).hex().encode()
            for what in ("unreadable", "no consent", "quarantined", "spooled")
        }
        sender, letters = Sender(at.on), Letters(at.on.brokers)
        sent = {
            "unreadable": sender.file(_unreadable(marks["unreadable"]), at.attacker),
            "no consent": sender.file(_walk(marks["no consent"]), mute),
            "quarantined": sender.hook(_of_a_stranger(marks["quarantined"])),
        }
        yield equal(
            "erase", "bodies acknowledged", sum(values_of(sent.values(), "taken")), len(sent)
        )
        _kill_the_door_in_an_upload(at, at.attacker, marks["spooled"])
        _wait_until_settled(at, letters, sent)
        yield from _mark_rows(at, marks, "before erasing", ("quarantined", "spooled"))
        at.on.kadens(
            "patient",
            "link",
            _STRANGER,
            "--patient",
            at.attacker.patient,
            "--source",
            "open_wearables",
        )
        _wait_until_nothing_waits(at)
        for person in (at.attacker, mute):
            at.on.kadens("erase", "--patient", person.patient, "--yes")
        _wait(lambda: not any(_files(at)), SWEEP_S)
        yield from _mark_rows(at, marks, "after erasing", tuple(marks))
        yield equal("erase", "files left in the body store", len(_files(at)), 0)
        letters.close()
        _tidy(marks)


def _unreadable(mark: bytes) -> bytes:
    return b"no file that is read " + mark * (_LARGE // len(mark))


def _walk(mark: bytes) -> bytes:
    """Return a readable file with a mark behind its end, where no second file begins."""
    return activity_file(now_ms() // 1000 * 1000 - 86_400_000, 3600, fields=40) + mark * (
        _LARGE // len(mark)
    )


def _of_a_stranger(mark: bytes) -> bytes:
    result = {
        "timestamp": "2026-01-05T10:00:00Z",
        "zone_offset": None,
        "type": "heart_rate",
        "value": 70,
        "unit": "bpm",
    }
    samples = [{**result, "source": None}]
    note = (mark * (_LARGE // len(mark))).decode()
    data = {"user_id": _STRANGER, "provider": "garmin", "samples": samples, "note": note}
    return dumps({"type": "heart_rate.created", "data": data})


def _kill_the_door_in_an_upload(at: Town, person: Person, mark: bytes) -> None:
    """Send a file without its end, and kill the vendor door by SIGKILL once it has read that."""
    door = at.on.pid_of("vendor door")
    assert door is not None
    body = mark * (SPOOLED // len(mark))
    head = (
        f"POST /v1/files HTTP/1.1\r\nhost: {SENDERS_HOST}\r\n"
        f"authorization: Bearer {person.token}\r\n"
    )
    with socket.create_connection(
        (SENDERS_HOST, at.on.port("vendor door")), timeout=30
    ) as connection:
        connection.sendall(f"{head}content-length: {len(body) + 1}\r\n\r\n".encode() + body)
        time.sleep(1)  # the kernel has the bytes; nothing says when the door has them
        os.kill(door, signal.SIGKILL)
    waited_for(
        lambda: at.on.pid_of("vendor door") not in {None, door},
        _SETTLE_S,
        "the door did not start again",
    )


def _wait_until_settled(at: Town, letters: Letters, sent: dict[str, Answer]) -> None:
    def settled() -> bool:
        letters.read()
        held = at.on.rows("select count(*) from quarantine")[0][0]
        return bool(letters.of(sent["unreadable"].sha256) and held)

    _wait(settled, _SETTLE_S)


def _wait_until_nothing_waits(at: Town) -> None:
    _wait(lambda: at.on.rows("select count(*) from quarantine")[0][0] == 0, _SETTLE_S)


def _wait(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)


def _mark_rows(
    at: Town, marks: dict[str, bytes], when: str, which: tuple[str, ...]
) -> Iterator[AttackRow]:
    for what in which:
        hits = sum(marks[what] in _bytes(position) for position in (*_files(at), *_temporary()))
        yield equal("erase", f"files with the bytes of the body: {what}, {when}", hits, 0)


def _files(at: Town) -> list[Path]:
    return list(filter(Path.is_file, (at.on.folder / "bodies").rglob("*")))


def _temporary() -> list[Path]:
    """Return the spooled files of ours in the folders where payloads are spooled."""
    return list(filter(Path.is_file, TEMP.rglob("*kadens*")))


def _tidy(marks: dict[str, bytes]) -> None:
    """Remove what the product left in the folder of temporary files.

    The next run must not see it.
    """
    for position in _temporary():
        if any(mark in _bytes(position) for mark in marks.values()):
            position.unlink()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
