"""A running Kadens to attack: `kadens up` with a log and a data folder of its own.

Nothing here knows an attack. The patients are enrolled by the product's own commands; only
measuring reads the database.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from typer.testing import CliRunner

from kadens.cli import app
from kadens.settings import read_secrets
from tests.attack.instruments import processes
from tests.chaos.waiting import waited_for
from tests.rooms import ROOT

_START_S, _STOP_S = 180.0, 90.0
SOURCES = ("files", "reports", "open_wearables")
_ENTRY = "tests.attack.entry"  # the product with planted bugs in its readers
ENDED = "ended with status"
CLOCK = "clock"  # the file of a clock that is stepped


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An enrolled patient: pseudonym, accounts at app and vendor, and a link token for files."""

    patient: str
    account: str
    token: str


@dataclass(kw_only=True)
class Product:
    """A running Kadens; `folder` holds its data and is removed when it ends."""

    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    @cached_property
    def runtime(self) -> dict[str, Any]:
        """What `kadens up` says of itself."""
        loads: dict[str, Any] = json.loads((self.folder / "runtime.json").read_bytes())
        return loads

    @cached_property
    def keys(self) -> dict[str, str]:
        """The signing secret of each connector."""
        connectors = read_secrets(str(self.folder / "secrets.toml")).connectors
        return {name: row.keys[0] for name, row in connectors.items()}

    @property
    def pid(self) -> int:
        """The process of `kadens up`."""
        return self.process.pid

    @property
    def brokers(self) -> str:
        """Where the log is."""
        return str(self.runtime["environment"]["KADENS_KAFKA"])

    @property
    def dsn(self) -> str:
        """Where the database is."""
        return str(self.runtime["environment"]["KADENS_DATABASE"])

    def port(self, door: str) -> int:
        """Return the port of the `vendor door` or the `clinic`."""
        address: str = self.runtime["addresses"][door]
        port = urlsplit(address).port
        assert port is not None
        return port

    def step(self, by_ms: int) -> None:
        """Set the product's clock forward; only for a product started with a stepped clock."""
        _set(self.folder / CLOCK, now_ms() + by_ms)

    def kadens(self, *words: str, code: int = 0) -> str:
        """Run a command on it, expect its exit code, and return what it printed."""
        done = CliRunner().invoke(app, [*words, "--data", str(self.folder)])
        assert done.exit_code == code, f"kadens {' '.join(words)}: {done.output} {done.exception!r}"
        return done.stdout.strip()

    def enrol(self, account: str, sources: tuple[str, ...] = SOURCES) -> Person:
        """Enrol a patient with an account at each source, and with consent to some of them."""
        patient = self.kadens("patient", "add")
        for source in sources:
            self.kadens("consent", "give", "--patient", patient, "--source", source)
        for source in ("reports", "open_wearables"):
            self.kadens("patient", "link", account, "--patient", patient, "--source", source)
        return Person(patient=patient, account=account, token=self.token(patient))

    def token(self, patient: str) -> str:
        """Issue a link token."""
        return self.kadens("patient", "token", "--patient", patient).split()[-1]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            return conn.execute(query.encode(), values).fetchall()

    def pid_of(self, part: str) -> int | None:
        """Return the process of a part, None when it does not run now."""
        return processes.part_of(self.pid, part, processes.parents())

    def alive(self) -> bool:
        """Tell whether `kadens up` still runs; it gives up after too many crashes of a part."""
        return self.process.poll() is None

    def endings(self) -> list[str]:
        """Return what `kadens up` printed about parts that ended by themselves."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if ENDED in line]

    def output(self) -> str:
        """Return the end of what `kadens up` printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]


@contextmanager
def product(
    *, broker: str = "kafka", planted: bool = False, stepped: bool = False
) -> Iterator[Product]:
    """Start a Kadens in a folder of its own and stop it in the end.

    With `stepped` its clock does not move until `step`.
    """
    with tempfile.TemporaryDirectory(prefix="kadens-attack-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)  # the database's account has to pass
        log = folder / "up.log"
        _set(folder / CLOCK, now_ms())
        words = ("--broker", broker, "--clock", f"file:{folder / CLOCK}" if stepped else "system")
        process = _start(folder, log, words, program=_ENTRY if planted else "kadens")
        running = Product(folder=folder, process=process, log=log)
        try:
            waited_for(lambda: _is_up(running), _START_S, "the product did not come up")
            yield running
        finally:
            _stop(process)
            for line in running.endings():
                sys.stderr.write(f"    {line}\n")


def _start(
    folder: Path, log: Path, more: tuple[str, ...], *, program: str
) -> subprocess.Popen[bytes]:
    ports = ("--vendor-port", "0", "--clinic-port", "0")
    words = (sys.executable, "-m", program, "up", "--data", str(folder), *ports, *more)
    own = {name: value for name, value in os.environ.items() if not name.startswith("KADENS_")}
    with log.open("wb") as out:
        return subprocess.Popen(words, stdout=out, stderr=out, env=own, cwd=ROOT)


def _is_up(running: Product) -> bool:
    assert running.alive(), running.output()
    return "Ctrl-C" in running.output()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _set(clock: Path, at_ms: int) -> None:
    fresh = clock.with_suffix(".new")
    fresh.write_text(str(at_ms), encoding="ascii")
    fresh.rename(clock)


def now_ms() -> int:
    """Return the machine's time in epoch ms, which the product runs on."""
    return time.time_ns() // 1_000_000
