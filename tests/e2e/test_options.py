"""Commands on a running Kadens without options, with each, and with all: never a traceback."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from tests.e2e.conftest import Running
from tests.program.test_options import COMMANDS, Command, files_of, given, wrong_with

# They run for ever, or end what the other tests use. `up` on a running instance has its own test.
LEFT_OUT = {
    *("up", "worker", "fetcher", "watch", "uploads", "door vendor", "door clinic", "door patient"),
    "erase",
}
INCLUDED = [item for item in COMMANDS if " ".join(item.path) not in LEFT_OUT]


@pytest.fixture(scope="module", autouse=True)
def _patient(running: Running) -> None:
    running.kadens("patient", "add", "--pseudonym", "p-1")
    running.kadens("consent", "give", "--patient", "p-1", "--source", "files")


@pytest.mark.parametrize("command", INCLUDED, ids=[" ".join(item.path) for item in INCLUDED])
def test_a_command_ends_with_an_exit_code_and_a_line(
    command: Command, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what a command writes where it runs is gone afterwards
    files = files_of(tmp_path)
    words = [*command.path, *given(command, command.arguments, files), "--data", str(running.data)]
    needed = [option for option in command.options if option.required]
    rest = [option for option in command.options if not option.required]
    faults = []
    for chosen in ([], *([item] for item in rest), rest):
        line = [*words, *given(command, [*needed, *chosen], files)]
        faults.append(wrong_with(line, CliRunner().invoke(app, line, input="")))
    assert list(filter(None, faults)) == []


def test_a_killed_instance_is_not_taken_for_a_running_one(running: Running, tmp_path: Path) -> None:
    (tmp_path / "runtime.json").write_text(json.dumps(running.runtime), encoding="utf-8")
    done = CliRunner().invoke(app, ["query", "days", "--patient", "p-1", "--data", str(tmp_path)])
    assert (done.exit_code, f"nothing runs on {tmp_path}" in done.stderr) == (2, True)
