"""A running `kadens up` on Apache Kafka loses its parts to SIGKILL, and at last itself.

What was acknowledged is kept. A single instance serves the module, in order, because starting takes
long.
"""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from kadens.embedded.kafka_jars import kafka_available
from simulate.fit_writer import Recording, write_activity
from tests.frozen import children
from tests.until import until

_without_kafka = kafka_available()
pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(
        _without_kafka is not None, reason=f"Apache Kafka cannot run here: {_without_kafka}"
    ),
]
_START_S, BACK_S, _AT_ONCE_S = 180.0, 120.0, 10.0
_START_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z
_HOUR_MS = 3_600_000
_WORDS = ("--broker", "kafka", "--vendor-port", "0", "--clinic-port", "0")


@dataclass(slots=True, kw_only=True)
class Instance:
    """A `kadens up` and what it prints on stderr."""

    data: Path
    process: "subprocess.Popen[bytes]" = field(init=False)
    patient: str = ""
    token: str = ""
    sent: int = 0

    @property
    def log(self) -> Path:
        return self.data.with_suffix(".log")

    def start(self) -> None:
        words = [sys.executable, "-m", "kadens", "up", *_WORDS, "--data", str(self.data)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, umask=0)
        self.wait(lambda: "Ctrl-C" in self.text(), _START_S)

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait(self, holds: Callable[[], bool], seconds: float = BACK_S) -> None:
        until(lambda: holds() or self.process.poll() is not None, seconds=seconds, tell=self.text)
        assert self.process.poll() is None, self.text()

    def kadens(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "kadens", *words, "--data", str(self.data)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return f"{done.stdout.strip()}\n{done.stderr.strip()}".strip()

    @property
    def runtime(self) -> dict[str, Any]:
        loads: dict[str, Any] = json.loads((self.data / "runtime.json").read_bytes())
        return loads

    def send(self) -> None:
        """Send another hour's recording until the door acknowledges it."""
        address = f"{self.runtime['addresses']['vendor door']}/v1/files"
        headers = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/octet-stream",
        }
        begin = _START_MS + self.sent * _HOUR_MS
        self.sent += 1
        body = _recording(begin)
        request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310

        def taken() -> bool:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return bool(answer.status == 202)
            except (urllib.error.URLError, OSError):
                return False

        self.wait(taken)

    def stored(self) -> int:
        """Return how many workouts are stored, -1 while the database does not answer."""
        try:
            with psycopg.connect(
                self.runtime["environment"]["KADENS_DATABASE"], connect_timeout=3
            ) as conn:
                row = conn.execute("select count(*) from session").fetchone()
                return int(row[0]) if row else -1
        except psycopg.Error:
            return -1

    def process_of(self, *words: str) -> int:
        """Return the child of `kadens up` whose command line holds all words."""
        for number in children(self.process.pid):
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                if all(word in line for word in words):
                    return number
        raise AssertionError(words)


def _recording(begin: int) -> bytes:
    t = begin + np.arange(1200, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(1200, 120.0)}
    return write_activity(Recording(start_ms=begin, end_ms=begin + 1_200_000, t=t, columns=columns))


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with tempfile.TemporaryDirectory(prefix="kadens-kill-") as folder:
        Path(folder).chmod(0o711)
        made = Instance(data=Path(folder) / "data")
        made.start()
        made.patient = made.kadens("patient", "add").partition("\n")[0]
        made.kadens("consent", "give", "--patient", made.patient, "--source", "files")
        made.token = made.kadens("patient", "token", "--patient", made.patient).partition("\n")[0]
        yield made
        made.process.send_signal(signal.SIGINT)
        assert made.process.wait(90) == 0, made.text()


def test_nobody_else_may_read_what_it_makes(instance: Instance) -> None:
    instance.send()
    instance.wait(lambda: instance.stored() == instance.sent)
    passable = {instance.data, instance.data / "pg"} if os.geteuid() == 0 else set()
    loose = {
        str(path): oct(mode)
        for path in (instance.data, *instance.data.rglob("*"))
        if not path.is_symlink() and path not in passable
        and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077 and not path.is_socket()
    }  # fmt: skip
    assert loose == {}
    assert {stat.S_IMODE(path.stat().st_mode) for path in passable} <= {0o711}


def test_a_second_one_says_at_once_where_the_first_runs(instance: Instance) -> None:
    began = time.monotonic()
    kadens = instance.kadens("up", *_WORDS, code=1)
    assert time.monotonic() - began < _AT_ONCE_S
    assert f"kadens up runs already on {instance.data}, process {instance.process.pid}" in kadens
    for address in instance.runtime["addresses"].values():
        assert address in kadens


def test_a_killed_broker_comes_back_and_what_is_sent_is_stored(instance: Instance) -> None:
    os.kill(instance.process_of("kafka.Kafka"), signal.SIGKILL)
    instance.wait(lambda: "log runs again" in instance.text())
    assert "log ended with status -9; it starts again in 0.5 s" in instance.text()
    instance.send()
    instance.wait(lambda: instance.stored() == instance.sent)


def test_a_killed_database_comes_back_and_what_is_sent_meanwhile_is_stored(
    instance: Instance,
) -> None:
    os.kill(instance.process_of("postgres", "-D"), signal.SIGKILL)
    instance.send()
    instance.wait(lambda: "database runs again" in instance.text())
    assert "database ended with status -9; it starts again in 0.5 s" in instance.text()
    instance.wait(lambda: instance.stored() == instance.sent)
    clinic = instance.runtime["addresses"]["clinic"]

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"{clinic}/readyz", timeout=10) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    instance.wait(ready)


def test_an_import_goes_on_while_door_and_worker_are_killed(
    instance: Instance, tmp_path: Path
) -> None:
    before, count = instance.sent, 30
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.fit", _recording(_START_MS + (before + number) * _HOUR_MS))
    words = ("import", str(tmp_path / "export.zip"), "--patient", instance.patient, "--json")
    argv = [sys.executable, "-m", "kadens", *words, "--wait", "120", "--data", str(instance.data)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        for part, stored in ((("door", "vendor"), 2), (("kadens", "worker"), 5)):
            instance.wait(lambda: instance.stored() >= before + stored)  # noqa: B023 - waits here
            assert program.poll() is None
            os.kill(instance.process_of(*part), signal.SIGKILL)
        text, _ = program.communicate(timeout=BACK_S * 2)
    instance.sent += count
    summary = json.loads(text)
    assert (program.returncode, summary["new"] + summary["known"]) == (0, count), text
    instance.wait(lambda: instance.stored() == instance.sent)


def test_killed_itself_it_leaves_no_process_and_the_next_one_starts(instance: Instance) -> None:
    before = family(instance.process.pid)
    assert len(before) >= 6
    instance.process.kill()
    instance.process.wait()
    deadline = time.monotonic() + 60
    while left := list(filter(_lives, before)):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert f"nothing runs on {instance.data}" in instance.kadens("digest", code=2)
    instance.start()
    assert instance.stored() == instance.sent
    instance.send()
    instance.wait(lambda: instance.stored() == instance.sent)


def family(parent: int) -> list[int]:
    """Return all descendants of a process."""
    pids = children(parent)
    for number in tuple(pids):
        pids += family(number)
    return pids


def _lives(number: int) -> bool:
    try:
        return (
            Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            != "Z"
        )
    except OSError:
        return False
