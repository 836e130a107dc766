"""A program is watched, quoted and ended; it never outlives the thread that may start it."""

import signal
import threading
from pathlib import Path

import pytest

from kadens.embedded.process import StartFailed, claim, end_child, launch, tail, wait_ready


def test_a_program_that_ends_early_quotes_its_log(tmp_path: Path) -> None:
    child = launch(
        "part",
        ["/bin/sh", "-c", "echo oh no; exit 3"],
        log=tmp_path / "log",
        on_death=signal.SIGKILL,
    )
    with pytest.raises(StartFailed, match=r"(?s)part: ended with status 3.*oh no"):
        wait_ready(child, lambda: False, seconds=30)


def test_a_program_that_never_answers_is_an_error(tmp_path: Path) -> None:
    child = launch("part", ["/bin/sleep", "60"], log=tmp_path / "log", on_death=signal.SIGKILL)
    with pytest.raises(StartFailed, match="did not answer within 0 s"):
        wait_ready(child, lambda: False, seconds=0)
    assert child.alive()
    end_child(child, first=signal.SIGTERM, seconds=30)
    assert child.process.returncode == -signal.SIGTERM


def test_a_program_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    stubborn = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"]
    child = launch("part", stubborn, log=tmp_path / "log", on_death=signal.SIGKILL)
    wait_ready(child, lambda: (tmp_path / "log").read_text() == "up\n", seconds=30)
    end_child(child, first=signal.SIGTERM, seconds=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_the_callers_environment_stays_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    given = {"KADENS_KAFKA": "given"}
    child = launch(
        "part", ["/usr/bin/env"], log=tmp_path / "log", on_death=signal.SIGKILL, environment=given
    )
    assert child.process.wait(30) == 0
    text = (tmp_path / "log").read_text()
    assert "KADENS_KAFKA=given" in text
    assert "PGDATABASE" not in text


def test_only_the_main_thread_may_start(tmp_path: Path) -> None:
    seen: list[BaseException] = []

    def start() -> None:
        try:
            launch("part", ["/bin/true"], log=tmp_path / "log", on_death=signal.SIGKILL)
        except RuntimeError as error:
            seen.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert list(map(str, seen)) == [
        "part must be started from the main thread: it would die with any other"
    ]


def test_a_missing_log_is_no_second_error(tmp_path: Path) -> None:
    assert tail(tmp_path / "none") == "(no log was written)"


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    held = claim("part", tmp_path / "data")
    with pytest.raises(StartFailed, match="part: another process uses"):
        claim("part", tmp_path / "data")
    held.close()
    claim("part", tmp_path / "data").close()
