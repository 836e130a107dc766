"""Every command over every subset of its options, without a server: never a traceback.

The walk takes commands and options from the program itself, so that new options are included. The
name of a parameter decides its value, or else its default does.
"""

import enum
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import kadens.cli
from kadens.cli import app
from kadens.lazy_commands import every_command
from simulate.fit_writer import Recording, write_activity
from tests.program.test_mistakes import PRESCRIPTION, PROFILE_FIELDS
from tests.rows import values_of

NOWHERE = "127.0.0.1:1"
ALL_SUBSETS_OF = 4  # options; of a command with more, each alone, every pair, all but one, and all
TELLS_TOO_MUCH = (
    "Traceback", "Errno", "pydantic", "psycopg.", "For further information",
    "input_value", "Input should", "Value error",
    "MarkupError",
)  # fmt: skip
# values by the name of a parameter, as text
_VALUES = {
    "hr_rest": "60",
    "hr_max": "190",
    "patient": "p-1",
    "pseudonym": "p-1",
    "account": "app-user-7",
    "after": "p-1",
    "unit": "Unit",
    "prescription": "rx-1",
    "metric": "heart_rate",
    "source": "files",
    "connector": "reports",
    "kind": "link",
    "zone": "Europe/Helsinki",
    "at": "2026-11-20T08:00:00+01:00",
    "since": "2026-11-01T00:00:00Z",
    "until": "2026-12-01T00:00:00Z",
    "first": "2026-11-01",
    "last": "2026-11-30",
    "url": f"http://{NOWHERE}",
    "clock": "fixed:1763974800000",
    "weeks": "4",
    "points": "60",
    "timeout": "1",
    "broker": NOWHERE,
    "database": f"postgresql://u@{NOWHERE}/d",
    "vendor_port": "0",
    "clinic_port": "0",
    "patients": "1",
    "patient_port": "0",
}
# Options that a command always gets: without them it would start a server, or use a running one.
# A cohort of a hundred people takes a while.
ALWAYS = {
    "up": ("broker", "vendor_port", "clinic_port", "patient_port", "data"),
    "simulate": ("patients",),
    "": ("data",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a command: its words, and how it is given."""

    name: str
    option: str  # "" for an argument
    required: bool
    flag: bool
    default: Any

    def words(self, value: str) -> list[str]:
        if not self.option:
            return [value]
        return [self.option] if self.flag else [self.option, value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: its words and its parameters."""

    path: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    @property
    def arguments(self) -> list[Parameter]:
        return [parameter for parameter in self.parameters if not parameter.option]

    @property
    def options(self) -> list[Parameter]:
        always = ALWAYS.get(" ".join(self.path), ALWAYS[""])
        return [
            parameter
            for parameter in self.parameters
            if parameter.option and parameter.name not in always
        ]

    @property
    def always(self) -> list[Parameter]:
        return [
            parameter
            for parameter in self.parameters
            if parameter.option and parameter not in self.options
        ]


def _commands() -> Iterator[Command]:
    for path, command in every_command(kadens.cli.COMMANDS):
        yield Command(path=path, parameters=tuple(map(_parameter, command.params)))


def _parameter(value: Any) -> Parameter:  # noqa: ANN401 - typer's own classes
    option = value.opts[0] if value.opts[0].startswith("-") else ""
    return Parameter(
        name=value.name,
        option=option,
        required=bool(value.required),
        flag=bool(getattr(value, "is_flag", False)),
        default=value.default,
    )


COMMANDS = tuple(_commands())
_NAMES = [" ".join(item.path) for item in COMMANDS]


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    return files_of(tmp_path)


def files_of(tmp_path: Path) -> dict[str, str]:
    """Make the files that parameters name and an idle folder; return their paths by name."""
    begin = 1_763_974_800_000
    t = begin + np.arange(60, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(60, 120.0)}
    (tmp_path / "walk.fit").write_bytes(
        write_activity(Recording(start_ms=begin, end_ms=begin + 60_000, t=t, columns=columns))
    )
    (tmp_path / "profile.json").write_text(json.dumps(PROFILE_FIELDS), encoding="utf-8")
    (tmp_path / "prescription.json").write_text(json.dumps(PRESCRIPTION), encoding="utf-8")
    manifest = {
        "zone": "Europe/Helsinki",
        "now": "2025-12-01T00:00:00Z",
        "bodies": [
            {"path": "walk.fit", "connector": "files", "received": "2025-11-25T00:00:00Z"},
        ],
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "broken.json").write_text(
        '{"valid_from": 5, "hr_max": "x", "id": []', encoding="utf-8"
    )
    wrong = {
        "valid_from": 5,
        "hr_max": [],
        "id": [],
        "version": "x",
        "intensity": 4,
        "sex": 7,
        "beta_blocker": {},
    }
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "secrets.toml").write_text(
        f'link_key = "{bytes(32).hex()}"\nwrapping_key = "{bytes(32).hex()}"\n'
        '[connectors.reports]\nkeys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]\n',
        encoding="utf-8",
    )
    return {path.name: str(path) for path in tmp_path.iterdir()}


_SETTINGS = {"KADENS_KAFKA": NOWHERE, "KADENS_DATABASE": f"postgresql://u@{NOWHERE}/d"}


def value_of(command: Command, parameter: Parameter, values: Mapping[str, str]) -> str:
    """Return a value that is right for a parameter."""
    if parameter.name in {"data", "to_file", "folder", "body"}:
        return str(Path(values["folder"]) / parameter.name)
    if parameter.name in {"path", "paths", "also", "manifest"}:
        right = {
            "derive": "manifest.json",
            "profile": "profile.json",
            "prescribe": "prescription.json",
            "rotate": "secrets.toml",
            "retire": "secrets.toml",
        }
        return values[right.get(command.path[-1], "walk.fit")]
    if parameter.name in _VALUES:
        return _VALUES[parameter.name]
    if isinstance(parameter.default, enum.Enum):
        return str(parameter.default.value)
    return "1"


def subsets(options: Sequence[Parameter], *, deep: bool) -> Iterable[tuple[Parameter, ...]]:
    sizes: Iterable[int] = {0, 1, 2, len(options) - 1, len(options)}
    if len(options) <= ALL_SUBSETS_OF:
        sizes = range(len(options) + 1)
    if not deep:  # without settings most commands end before they look at their options
        sizes = {0, len(options)}
    return itertools.chain.from_iterable(itertools.combinations(options, n) for n in sizes)


def given(command: Command, chosen: Iterable[Parameter], paths: Mapping[str, str]) -> list[str]:
    words: list[str] = []
    for item in chosen:
        words += item.words(value_of(command, item, paths))
    return words


def lines(command: Command, values: Mapping[str, str], *, deep: bool) -> Iterator[list[str]]:
    """Every command line: all subsets of options with right arguments, then wrong arguments."""
    always = given(command, command.always, values)
    arguments = given(command, command.arguments, values)
    for chosen in subsets(command.options, deep=deep):
        yield [*command.path, *arguments, *given(command, chosen, values), *always]
    needed = [option for option in command.options if option.required]
    options = given(command, needed, values)
    if command.arguments:
        yield [*command.path, *options, *always]
    files = [values[name] for name in ("folder", "empty", "binary", "broken.json", "wrong.json")]
    wrong = (f"{values['folder']}/none", *files, "[/bold]", "")
    for number, value in itertools.product(range(len(command.arguments)), wrong):
        yield [
            *command.path,
            *arguments[:number],
            value,
            *arguments[number + 1 :],
            *options,
            *always,
        ]
    for item, value in itertools.product(
        [option for option in command.options if not option.flag], ("", "[/x]", "-1")
    ):
        rest = given(command, [other for other in needed if other is not item], values)
        yield [*command.path, *arguments, *rest, item.option, value, *always]


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Doors and workers would run for ever: they are built, and not served.

    What a command writes where it runs is gone afterwards.
    """
    monkeypatch.chdir(tmp_path)
    for name in ("KADENS_KAFKA", "KADENS_DATABASE", "KADENS_BODIES", "KADENS_SECRETS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("uvicorn.run", lambda *_args, **_more: None)
    monkeypatch.setattr("stream.worker.run_until_stopped", lambda _plan: 0)


def wrong_with(line: Sequence[str], done: Result) -> str:
    """Return what is wrong with an outcome, "" where nothing is."""
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return f"{line}: {done.exception!r}"
    if done.exit_code not in {0, 1, 2}:
        return f"{line}: exit code {done.exit_code}"
    if done.exit_code and not (done.stderr.strip() or done.stdout.strip()):
        return f"{line}: code {done.exit_code} without a word"
    own = "" if "Usage:" in done.output else done.output  # the usage text is typer's own
    reported = [word for word in TELLS_TOO_MUCH if word in own]
    return f"{line}: {reported} in {done.output[:300]}" if reported else ""


@pytest.mark.parametrize("command", COMMANDS, ids=_NAMES)
@pytest.mark.parametrize("configured", [False, True], ids=["nothing runs", "nothing answers"])
def test_no_command_line_ends_in_a_traceback(
    command: Command,
    configured: bool,  # noqa: FBT001 of the test
    paths: dict[str, str],
    tmp_path: Path,
) -> None:
    bodies = {
        "KADENS_BODIES": str(tmp_path / "bodies"),
        "KADENS_SECRETS_FILE": str(tmp_path / "secrets.toml"),
    }
    environment = {**_SETTINGS, **bodies} if configured else {}
    faults = []
    for line in lines(command, paths, deep=configured):
        done = CliRunner().invoke(app, line, env=environment, input="")
        faults.append(wrong_with(line, done))
    assert list(filter(None, faults)) == []


def test_the_walk_meets_every_command() -> None:
    assert {
        "up",
        "inspect",
        "patient add",
        "query timeline",
        "erase",
        "door vendor",
        "dead",
    } <= set(_NAMES)
    assert all(values_of(COMMANDS, "parameters"))
