"""What every command shares: where results go, how an error is told, and how a running instance is found.

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

from ..instance import runs
from ..settings import Settings, SettingsError, environment, read_settings
from .visible import quiet_json, visible

T = TypeVar("T")


class Plain(Console):
    """A console on which text from outside can move no cursor and hide no line: only our own styles reach it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, with every control character of the text replaced."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


out = Plain(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Plain(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

DEFAULT_DATA = Path("var")
RUNTIME = "runtime.json"

Data = Annotated[
    Path, typer.Option("--data", help="Data folder of a running `kadens up`; KADENS_* variables win over it.")
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


def settings_of(data: Path) -> Settings:
    """Return the settings: KADENS_* variables over what `kadens up` left in its data folder."""
    try:
        return read_settings({**_runtime(data), **environment()})
    except SettingsError as error:
        where = "" if runs(data) else f"nothing runs on {data}; "
        fail(f"{where}{error}\nStart `kadens up`, or name its folder with --data, or set the variables.", code=2)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def _runtime(data: Path) -> Mapping[str, str]:
    path = data / RUNTIME
    if not runs(data) or not path.exists():  # what a killed one left names nothing that is there
        return {}
    said: dict[str, Any] = orjson.loads(path.read_bytes())
    environment_said: dict[str, str] = said["environment"]
    return environment_said
