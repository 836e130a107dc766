"""A running `kadens up` without a demo, on the mock broker, for tests of the commands."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from tests.until import until

_START_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running Kadens and its data folder."""

    data: Path

    def kadens(self, *words: str, code: int = 0, serverless: bool = False) -> str:
        """Run a command on it, expect its exit code, and return what it printed."""
        where = [] if serverless else ["--data", str(self.data)]
        done = subprocess.run(
            [sys.executable, "-m", "kadens", *words, *where],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def asks(self, *words: str) -> str:
        """Run a command on it within this process, expect that it went well; return its output.

        A program takes half a second of processor time to start. Who waits asks many times, and
        who only prepares something proves nothing of how a program starts.
        """
        done = CliRunner().invoke(app, [*words, "--data", str(self.data)])
        assert done.exit_code == 0, done.output
        return done.stdout

    @property
    def runtime(self) -> dict[str, Any]:
        loads: dict[str, Any] = json.loads((self.data / "runtime.json").read_bytes())
        return loads


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="kadens-e2e-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        with up_in(data) as started:
            yield started


@contextmanager
def up_in(data: Path, vendor_port: int = 0) -> Iterator[Running]:
    """Run `kadens up` on the mock broker in a folder; its file `up.pid` names the process.

    `vendor_port` is that of the vendor door, a free one where it is 0.
    """
    words = ["up", "--broker", "mock", "--data", str(data)]
    words += ["--vendor-port", str(vendor_port), "--clinic-port", "0"]
    log = data / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "kadens", *words], stdout=out, stderr=out)
    (data / "up.pid").write_text(str(process.pid), encoding="ascii")
    try:
        _wait(process, data / "runtime.json", log)
        yield Running(data=data)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, log.read_text(encoding="utf-8")


def _wait(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> None:
    def printed() -> str:
        return log.read_text(encoding="utf-8")

    until(
        lambda: "Ctrl-C" in printed() or process.poll() is not None, seconds=_START_S, tell=printed
    )
    assert process.poll() is None, printed()
    assert runtime.exists()
