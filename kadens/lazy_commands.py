"""Commands that are imported when they run. Help and `--version` import none of them.

Without this, `kadens --help` would load the database driver, the log's client, numpy and the doors.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer._click import Command, Context  # typer carries its own click and exports neither
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One word of the command line.

    `target` is the function that the word runs, as "module:function". A word with `entries` is a
    group; its target, if it has one, runs when no word follows. `summary` is the line in the help
    of the group above: for a command, the first line of the function's docstring.
    """

    word: str
    summary: str
    target: str = ""
    entries: tuple["Entry", ...] = ()


class LazyGroup(TyperGroup):
    """A group of commands, each imported only when it is chosen."""

    def fill(self, entries: Iterable[Entry]) -> None:
        """List the commands of a table; only their words and summaries are known yet."""
        self._entries = {entry.word: entry for entry in entries}
        for entry in self._entries.values():
            self.add_command(TyperCommand(entry.word, help=entry.summary))

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Return the command that was chosen, imported now, and the arguments that are left."""
        word, _, rest = super().resolve_command(ctx, args)
        if word is None:
            return None, None, rest
        return word, load_command(self._entries[word]), rest


def load_command(entry: Entry) -> Command:
    """Import the function that a word runs, and return it as a command with its options."""
    if entry.entries:
        return _load_group(entry, _function(entry.target) if entry.target else None)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(entry.word)(_function(entry.target))
    return get_command(single)


def every_command(
    entries: Iterable[Entry], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Yield each command with its words, imported; groups that run by themselves are included."""
    for entry in entries:
        words = (*path, entry.word)
        if entry.target:
            yield words, load_command(entry)
        yield from every_command(entry.entries, words)


def _load_group(entry: Entry, callback: Any) -> LazyGroup:  # noqa: ANN401 - whatever a command is
    group = get_group(
        typer.Typer(
            name=entry.word,
            cls=LazyGroup,
            callback=callback,
            invoke_without_command=callback is not None,
            no_args_is_help=callback is None,
            help=entry.summary,
            add_completion=False,
            rich_markup_mode=None,
        )
    )
    assert isinstance(group, LazyGroup)  # noqa: S101 - typer makes what `cls` names
    group.fill(entry.entries)
    return group


def _function(target: str) -> Any:  # noqa: ANN401 - a command returns anything
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
