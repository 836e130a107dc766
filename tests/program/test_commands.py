"""The table of commands: help that shows each summary in full, and imports nothing to do so."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import COMMANDS, app
from kadens.lazy_commands import Entry

HEAVY = ("numpy", "psycopg", "confluent_kafka", "aiokafka", "fastapi", "rich", "faust")
IMPORTED = """
import sys
from typer.testing import CliRunner
from kadens.cli import app
CliRunner().invoke(app, sys.argv[1:])
print(*sorted(sys.modules))
"""


def _words(entries: Iterable[Entry], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        yield (*path, entry.word)
        yield from _words(entry.entries, (*path, entry.word))


def functions(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.target and not entry.entries:
            yield entry
        yield from functions(entry.entries)


_GROUPS = [("kadens", (), COMMANDS)] + [
    (entry.word, (entry.word,), entry.entries) for entry in COMMANDS if entry.entries
]


@pytest.mark.parametrize(("name", "path", "entries"), _GROUPS, ids=[name for name, *_ in _GROUPS])
def test_a_group_shows_every_summary_in_full(
    name: str, path: tuple[str, ...], entries: tuple[Entry, ...]
) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"]).stdout
    assert f"Usage: {name}" in shown or f" {name} [OPTIONS]" in shown
    assert [entry.word for entry in entries if entry.summary not in shown] == []


@pytest.mark.parametrize("entry", list(functions(COMMANDS)), ids=lambda entry: entry.target)
def test_a_summary_is_the_first_line_of_what_the_command_says_of_itself(entry: Entry) -> None:
    module, _, name = entry.target.partition(":")
    document = getattr(import_module(module), name).__doc__
    assert document.splitlines()[0] == entry.summary


@pytest.mark.parametrize("path", list(_words(COMMANDS)), ids=" ".join)
def test_every_command_has_help(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*path, "--help"])
    assert (done.exit_code, done.stdout.startswith("Usage: ")) == (0, True), done.output


@pytest.mark.parametrize("line", [["--help"], ["--version"], ["patient", "--help"], ["nonsense"]])
def test_what_runs_no_command_imports_none(line: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *line], check=True, capture_output=True, timeout=60
    )
    loaded = set(done.stdout.decode().split())
    assert loaded.isdisjoint(HEAVY)
    assert "kadens.commands.console" not in loaded


def test_the_version_is_that_of_the_package() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"kadens {version('kadens')}\n")


def test_a_word_that_is_no_command_gets_a_suggestion() -> None:
    done = CliRunner().invoke(app, ["patient", "lst"])
    assert (done.exit_code, "Did you mean 'list'?" in done.stderr) == (2, True)


OTHER_READERS = (
    "parsers.tracks.tcx",
    "parsers.vendors.garmin.reader",
    "parsers.vendors.polar.reader",
    "parsers.reports",
)
THREADS = """
import sys
from pathlib import Path
from kadens.cli import main
try:
    main()
except SystemExit:
    pass
print(len(list(Path("/proc/self/task").iterdir())), *sorted(sys.modules))
"""


def test_an_inspection_imports_one_reader_and_starts_no_thread(tmp_path: Path) -> None:
    path = tmp_path / "walk.fit"
    path.write_bytes(b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00")
    done = subprocess.run(
        [sys.executable, "-c", THREADS, "inspect", str(path)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    threads, *loaded = done.stdout.decode().splitlines()[-1].split()
    assert threads == "1"
    assert "parsers.fit_facts" in loaded
    assert set(loaded).isdisjoint((*OTHER_READERS, "rich.console"))
