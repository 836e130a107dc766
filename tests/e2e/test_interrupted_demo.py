"""A demo that is killed in the middle of its history is completed at the next start."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kadens.embedded.postgres import Postgres
from kadens.local.demo_state import read_state
from simulate.deliveries import history, live
from tests.until import until

_START_S, _END_S = 120.0, 300.0
_WORDS = ("up", "--demo", "--broker", "mock", "--vendor-port", "0", "--clinic-port", "0")
_BODIES = "select count(*) from body"


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kadens-demo-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def argv(data: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "kadens", *_WORDS, "--weeks", "4", "--data", str(data), *more]


def _bodies(data: Path) -> int:
    """Return how many bodies are stored; none while the database does not answer."""
    try:
        dsn = f"postgresql://postgres@/kadens?host={data / 'pg' / 'socket'}"
        with psycopg.connect(dsn, connect_timeout=3) as conn:
            row = conn.execute(_BODIES).fetchone()
            return int(row[0]) if row else 0
    except psycopg.Error:
        return 0


def test_a_killed_demo_is_completed_at_the_next_start(data: Path) -> None:
    log = data / "up.log"
    with log.open("wb") as out:
        killed = subprocess.Popen(argv(data), stdout=out, stderr=out)
    until(
        lambda: _bodies(data) > 0 or killed.poll() is not None,
        seconds=_START_S,
        tell=lambda: log.read_text(encoding="utf-8"),
    )
    assert killed.poll() is None, log.read_text(encoding="utf-8")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    state = read_state(data)
    assert state is not None
    assert not state.complete

    done = subprocess.run(
        argv(data, "--until-alert"), capture_output=True, text=True, timeout=_END_S, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "an earlier demo was interrupted; its history is sent again" in done.stderr
    completed = read_state(data)
    assert completed is not None
    assert completed.complete
    with Postgres(data / "pg"):
        sent = len(list(history(state.cohort()))) + len(list(live(state.cohort())))
        assert _bodies(data) == sent
