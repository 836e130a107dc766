"""The consoles for tables and progress. Lines are printed by `terminal`, which needs no rich."""

import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from kadens.output.visible import visible

# columns of a file or a pipe: a table that a program reads must lose nothing
_WIDE = 400


class PlainConsole(Console):
    """A console on which text from outside can move no cursor and hide no line.

    Only our own styles reach the terminal as escape sequences.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does, with every control character of the text replaced."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


# Names and types come from outside, so nothing in them may be read as markup or as an emoji.
out = PlainConsole(
    soft_wrap=True,
    highlight=False,
    markup=False,
    emoji=False,
    width=None if sys.stdout.isatty() else _WIDE,
)
err = PlainConsole(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def list_table(*heads: str, title: str = "") -> Table:
    """Return an empty table with these columns; what is too long for one goes on below.

    The first column stays in one piece: it is what other commands take a row by.
    """
    table = Table(title=title or None)
    for number, head in enumerate(heads):
        table.add_column(head, overflow="fold", no_wrap=number == 0)
    return table


def print_table(table: Table) -> None:
    """Print a table on stdout; where the terminal is too narrow, its cells are folded."""
    out.print(table, soft_wrap=False)
