"""What every command shares: where results go, how an error is told, where settings come from, who runs it.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from typer._click.globals import (
    get_current_context,  # typer carries its own click, and has no other way to ask
)

from kadens.commands.visible import quiet_json, visible
from kadens.local.instance import runs
from kadens.settings import Settings, SettingsError, environment, read_settings

T = TypeVar("T")


class Plain(Console):
    """A console on which text from outside can move no cursor and hide no line: only our own styles reach it."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does, with every control character of the text replaced."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


out = Plain(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Plain(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

DEFAULT_FOLDER = Path("var")
DEFAULT_DATA: Path | None = (
    None  # the default of --data: commands for people then look at `DEFAULT_FOLDER`
)
RUNTIME = "runtime.json"

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder of a running `kadens up`; without it the KADENS_* variables, or ./var.",
    ),
]
ProcessData = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Data folder of a running `kadens up`, instead of the KADENS_* variables."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Say what went wrong on stderr and leave with `code`."""
    err.print(f"[bold red]error:[/] {escape(message)}", markup=True)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """Print a value as indented JSON on stdout."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    typer.echo(quiet_json(orjson.dumps(value, option=options).decode()))


def settings_of(data: Path | None) -> Settings:
    """Return the settings of a command that a person runs, from one source: --data, the variables, or ./var.

    Leaves with code 2 when nothing says where the installation is, or when two sources do.
    """
    folder = DEFAULT_FOLDER if data is None and not environment() else data
    return process_settings(folder)


def process_settings(data: Path | None) -> Settings:
    """Return the settings of a process: the KADENS_* variables, or the folder that --data names, never both.

    No process takes an identity, a key or the demo from a folder that it was not given.
    """
    given = environment()
    if data is None:
        return _read(
            given, "Set them, or name the data folder of a running `kadens up` with --data."
        )
    if given:
        fail(f"--data {data}: take its settings, or {', '.join(sorted(given))}; not both", code=2)
    matches = _runtime(data)
    if matches is None:
        fail(
            f"nothing runs on {data}\nStart `kadens up`, or name its folder with --data, or set KADENS_*.",
            code=2,
        )
    return _read(matches, f"{data / RUNTIME} is of another version: start `kadens up` again.")


def command() -> str:
    """Return which command runs, without its arguments: "patient add"."""
    context = get_current_context(silent=True)
    return context.command_path.partition(" ")[2] if context else ""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def _read(given: Mapping[str, str], advice: str) -> Settings:
    try:
        return read_settings(given)
    except SettingsError as error:
        fail(f"{error}\n{advice}", code=2)


def _runtime(data: Path) -> Mapping[str, str] | None:
    path = data / RUNTIME
    if not runs(data) or not path.exists():  # what a killed one left names nothing that is there
        return None
    loads: dict[str, Any] = orjson.loads(path.read_bytes())
    values: dict[str, str] = loads["environment"]
    return values
