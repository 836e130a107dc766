"""Prints results to stdout and everything else to stderr.

No settings are imported, so that a command without an installation starts quickly. Exit codes: 0
done, 1 failed, 2 wrong use.
"""

from collections.abc import Iterable
from typing import NoReturn

import orjson
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from kadens.output.visible import quiet_json, visible


class Plain(Console):
    """A console on which text from outside can move no cursor and hide no line.

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


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Print an error on stderr, and leave with `code`."""
    err.print(f"[bold red]error:[/] {escape(message)}", markup=True)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """Print a value as indented JSON on stdout."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    typer.echo(quiet_json(text.decode()))
