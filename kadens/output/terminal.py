"""Prints lines: results to stdout, everything else to stderr. Tables are printed by `console`.

No settings and no rich are imported, so that a command which prints only lines starts quickly. Exit
codes: 0 done, 1 failed, 2 wrong use, 141 nobody reads stdout any more (`| head -n 1`).
"""

import io
import sys
from typing import NoReturn

import orjson
import typer

from kadens.output.visible import quiet_json, visible

_READER_GONE = 141  # what a shell shows of a program that SIGPIPE ended


def print_line(text: str) -> None:
    """Print text on stdout; text from outside can move no cursor and hide no line."""
    typer.echo(visible(text))


def print_note(text: str) -> None:
    """Print text on stderr, where it cannot be taken for a result."""
    typer.echo(visible(text), err=True)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Print an error on stderr, and leave with `code`."""
    # Imported only for an error, because rich takes long and most commands print no error.
    from rich.markup import escape  # noqa: PLC0415 - see above

    from kadens.output.console import err  # noqa: PLC0415 - see above

    err.print(f"[bold red]error:[/] {escape(message)}", markup=True)
    raise typer.Exit(code)


def leave_unread() -> NoReturn:
    """Leave without a word: whoever reads the output of this program has read enough."""
    # What is still buffered would fail again, with a traceback, when Python closes stdout.
    sys.stdout = io.StringIO()
    raise typer.Exit(_READER_GONE)


def print_json(value: object) -> None:
    """Print a value as indented JSON on stdout."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    typer.echo(quiet_json(text.decode()))
