"""Where results and errors go, and where a command's settings come from.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from typer._click.globals import (
    get_current_context,  # typer carries its own click, and has no other way to ask
)

from kadens.output.visible import quiet_json, visible
from kadens.settings import Settings, SettingsError, environment, read_settings

T = TypeVar("T")


class Plain(Console):
    """A console on which text from outside moves no cursor and hides no line.

    Only our own styles reach the terminal as escape sequences.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does, with every control character of the text replaced."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


out = Plain(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Plain(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

DEFAULT_FOLDER = Path("var")
RUNTIME_FILE = "runtime.json"


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Print what went wrong on stderr, and leave with `code`."""
    err.print(f"[bold red]error:[/] {escape(message)}", markup=True)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """Print a value as indented JSON on stdout."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    typer.echo(quiet_json(text.decode()))


def settings_of(data: Path | None) -> Settings:
    """Return the settings of a command that a person runs: from --data, the variables, or ./var.

    Leaves with code 2 when nothing says where the installation is, or when two sources do.
    """
    folder = DEFAULT_FOLDER if data is None and not environment() else data
    return process_settings(folder)


def process_settings(data: Path | None) -> Settings:
    """Return the settings of a process: the KADENS_* variables, or the folder of --data.

    Never both, so that no process takes an identity or a key from a folder that nobody named.
    """
    variables = environment()
    if data is None:
        return _read(
            variables, "Set them, or name the data folder of a running `kadens up` with --data."
        )
    if variables:
        names = ", ".join(sorted(variables))
        fail(f"settings come from --data {data} or from {names}; not both", code=2)
    runtime = _runtime(data)
    if runtime is None:
        fail(
            f"nothing runs on {data}\n"
            "Start `kadens up`, name its folder with --data, or set the KADENS_* variables.",
            code=2,
        )
    return _read(runtime, f"{data / RUNTIME_FILE} is of another version: start `kadens up` again.")


def command() -> str:
    """Return which command runs, without its arguments: "patient add"."""
    context = get_current_context(silent=True)
    return context.command_path.partition(" ")[2] if context else ""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def _read(values: Mapping[str, str], advice: str) -> Settings:
    try:
        return read_settings(values)
    except SettingsError as error:
        fail(f"{error}\n{advice}", code=2)


def _runtime(data: Path) -> Mapping[str, str] | None:
    from kadens.local.instance import runs  # noqa: PLC0415 - not needed where variables are set

    path = data / RUNTIME_FILE
    # a killed instance leaves the file behind, and it names nothing that is there any more
    if not runs(data) or not path.exists():
        return None
    content: dict[str, Any] = orjson.loads(path.read_bytes())
    variables: dict[str, str] = content["environment"]
    return variables
