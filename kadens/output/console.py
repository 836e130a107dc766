"""The consoles for tables and progress. Lines are printed by `terminal`, which needs no rich."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from kadens.output.visible import visible


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
out = PlainConsole(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = PlainConsole(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
