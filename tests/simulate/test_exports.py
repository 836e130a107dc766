"""The commands that write invented files: what they write is read, and mistakes are a line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from tests.rooms import ROOT

_NAMES = {"apple": "export.zip", "fit": "walk.fit", "health_connect": "export.db"}
_QUICK = {"apple": ("--mib", "1"), "fit": (), "health_connect": ("--days", "2")}


def _written(name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"simulate.exports.{name}", *words]
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", _NAMES)
def test_a_file_is_written_once_and_over_itself_only_by_force(name: str, tmp_path: Path) -> None:
    path = tmp_path / _NAMES[name]
    words = (str(path), "--until", "2026-11-25", *_QUICK[name])
    written = _written(name, *words)
    assert written.returncode == 0
    # each says in the same form what it wrote and what is true of it
    assert json.loads(written.stdout)["path"] == str(path)
    before = path.read_bytes()
    again = _written(name, *words)
    assert again.returncode == 2
    assert again.stderr.endswith(f"error: {path} is there already; --force writes over it\n")
    assert _written(name, *words, "--force").returncode == 0
    assert len(path.read_bytes()) == pytest.approx(len(before), rel=0.01)
    if name != "apple":
        assert CliRunner().invoke(app, ["inspect", str(path)]).exit_code == 0


@pytest.mark.parametrize("name", _NAMES)
def test_the_help_names_the_command_and_a_missing_folder_is_a_line(
    name: str, tmp_path: Path
) -> None:
    shown = _written(name, "--help").stdout
    assert shown.startswith(f"usage: python -m simulate.exports.{name} ")
    missing = _written(name, str(tmp_path / "no" / "file"))
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.endswith(f"error: there is no folder {tmp_path / 'no'}\n")


def test_the_walk_lies_on_the_day_before(tmp_path: Path) -> None:
    path = tmp_path / "walk.fit"
    written = _written("fit", str(path), "--until", "2026-11-25")
    assert json.loads(written.stdout) == {
        "path": str(path),
        "start": "2026-11-24T09:00:00Z",
        "end": "2026-11-24T09:30:00Z",
    }
