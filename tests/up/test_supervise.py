"""Servers of `kadens up` come back when they end, and a folder has at most one `kadens up`."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from kadens.embedded.process import StartFailed
from kadens.local.crashes import MOST_CRASHES, Crashes
from kadens.local.instance import RunsAlreadyError, held, own_folder, runs, was_killed
from kadens.local.runtime import write_runtime
from kadens.local.supervise import Servers

HOLDER = """
import sys, pathlib
from kadens.local.instance import held
with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Planted:
    """A server that a test ends, and whose start a test may let fail."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.starts = self.failing = 0

    def start(self) -> None:
        self.starts += 1
        if self.failing:
            self.failing -= 1
            raise StartFailed("planted", "it would not")
        self.status = None

    def exit_status(self) -> int | None:
        return self.status

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None: ...


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kadens.local.crashes.FIRST_PAUSE_S", 0.0)


def test_a_server_that_ended_is_started_again_and_told() -> None:
    lines: list[str] = []
    with Servers(lines.append) as servers:
        server = servers.keep("log", Planted())
        assert servers.tend()
        server.status = -9
        assert servers.tend()
    assert server.starts == 2
    assert lines == [
        "log ended with status -9; it starts again in 0 s",
        "log runs again after 0.0 s",
    ]


def test_a_start_that_fails_is_tried_again() -> None:
    lines: list[str] = []
    with Servers(lines.append) as servers:
        server = servers.keep("database", Planted())
        server.status, server.failing = 1, 2
        assert [servers.tend() for _ in range(3)] == [False, False, True]
    assert lines[1] == "database did not start (it would not); it starts again in 0 s"


def test_nothing_is_tended_while_a_server_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kadens.local.crashes.FIRST_PAUSE_S", 3600.0)
    monkeypatch.setattr("kadens.local.crashes.LONGEST_PAUSE_S", 3600.0)
    with Servers(lambda _line: None) as servers:
        server = servers.keep("log", Planted())
        server.status = 1
        assert not servers.tend()
        assert not servers.tend()
    assert server.starts == 1


def test_too_many_crashes_of_a_server_end_it_all() -> None:
    with Servers(lambda _line: None) as servers:
        server = servers.keep("log", Planted())
        for _ in range(MOST_CRASHES):
            server.status = 3
            assert servers.tend()
        server.status = 3
        with pytest.raises(StartFailed, match="log: ended with status 3, 9 times in a row"):
            servers.tend()


def test_what_ran_steadily_begins_to_count_anew() -> None:
    crashes = Crashes()
    assert [crashes.pause_s("one", 0) is None for _ in range(MOST_CRASHES)] == [
        False
    ] * MOST_CRASHES
    assert crashes.pause_s("one", 31) is not None
    assert (crashes.count("one"), crashes.count("other")) == (1, 0)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    write_runtime(tmp_path, {}, {"clinic": "http://127.0.0.1:8802"})
    yield process
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()
    process.stdout.close()


def test_a_folder_has_one_instance_whose_addresses_are_named(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    assert runs(tmp_path)
    with pytest.raises(RunsAlreadyError) as error, held(tmp_path):
        pass
    assert str(error.value).splitlines() == [
        f"kadens up runs already on {tmp_path}, process {holder.pid}",
        "  clinic       http://127.0.0.1:8802",
    ]


def test_a_killed_instance_does_not_run_and_leaves_nothing_to_the_next(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (runs(tmp_path), was_killed(tmp_path)) == (False, True)
    with held(tmp_path):
        assert not (tmp_path / "runtime.json").exists()
    assert not was_killed(tmp_path)


def test_a_look_does_not_keep_an_instance_from_starting(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    assert not runs(tmp_path)
    assert not runs(tmp_path / "none")
    with held(tmp_path):
        pass


def test_folders_are_ours_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = own_folder(tmp_path / "a" / "b")
        (tmp_path / "c").mkdir()
        own_folder(tmp_path / "c")
        with held(made):
            modes = [
                stat.S_IMODE(path.stat().st_mode)
                for path in (made.parent, made, tmp_path / "c", made / "in-use")
            ]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o700, 0o700, 0o600]
