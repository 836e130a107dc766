"""Commands that are imported when they run. Help and `--version` import none of them.

Without this, `kadens --help` would load the database driver, the log's client, numpy and the doors.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from model.audit_log.origins import AccessOrigin, coming_from

Command: TypeAlias = TyperCommand | TyperGroup

# A variable of the context, because only typer's private module tells which command runs.
_words_of_command: ContextVar[str] = ContextVar("words_of_command", default="")
_reason_to_run: ContextVar[str] = ContextVar("reason_to_run", default="")


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
        self,
        ctx: Any,  # noqa: ANN401 - typer does not export the type
        args: list[str],
    ) -> tuple[str | None, Command | None, list[str]]:
        """Return the command that was chosen, imported now, and the arguments that are left."""
        word, _, rest = super().resolve_command(ctx, args)
        if word is None:
            return None, None, rest
        return word, load_command(self._entries[word]), rest

    def make_context(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - as typer's
        """Read the group's own options, with errors in plain words."""
        with _plain_errors():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer exports neither type
        """Run the group's own function, if it has one, and the command that was chosen."""
        if not self.invoke_without_command:
            return super().invoke(ctx)
        with _running(ctx):
            return super().invoke(ctx)


class LoadedCommand(TyperCommand):
    """A command, imported and with its options read when it is invoked."""

    def make_context(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - as typer's
        """Read the options, with errors in plain words."""
        with _plain_errors():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer exports neither type
        """Run the function of the command."""
        with _running(ctx):
            return super().invoke(ctx)


def running_command() -> str:
    """Return the words of the command that runs, without its arguments: "patient add"."""
    return _words_of_command.get()


def run_because(reason: str) -> None:
    """Note why the command that follows is run, for its row in the audit log."""
    _reason_to_run.set(reason)


def reason_to_run() -> str:
    """Return why the command runs, "" when its person said nothing."""
    return _reason_to_run.get()


def load_command(entry: Entry) -> Command:
    """Import the function that a word runs, and return it as a command with its options."""
    if entry.entries:
        return _load_group(entry, _function(entry.target) if entry.target else None)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(entry.word, cls=LoadedCommand)(_function(entry.target))
    command = get_command(single)
    assert isinstance(command, TyperCommand)  # noqa: S101 - typer makes it of a single function
    return command


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


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Put an option's error into plain words: typer's own text is that of pydantic."""
    try:
        yield
    except typer.BadParameter as error:
        cause = error.__cause__
        if cause is not None:
            # imported only for an error, as pydantic takes long
            from pydantic import ValidationError  # noqa: PLC0415 - see above

            from web.mistakes import mistakes_in  # noqa: PLC0415 - see above

            if isinstance(cause, ValidationError):
                error.message = mistakes_in(cause)[0][1]
        raise


@contextmanager
def _running(context: Any) -> Iterator[None]:  # noqa: ANN401 - typer does not export the type
    """Let a command run: its words are known meanwhile, and garbage is collected."""
    _collect_again()
    words = _words(context)
    token = _words_of_command.set(words)
    try:
        with coming_from(AccessOrigin(door="command", command=words)):
            yield
    finally:
        _words_of_command.reset(token)


def _words(context: Any) -> str:  # noqa: ANN401 - typer does not export the type
    """Return the words below the program, which has no parent and several names."""
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, context.info_name)
        context = context.parent
    return " ".join(words)


def _collect_again() -> None:
    """Collect garbage again after the imports, where `kadens.cli.main` stopped it.

    What was imported lives as long as the process. Frozen, it is left out of every later
    collection, and of those at the end of the process, which take a quarter of a short command.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _function(target: str) -> Any:  # noqa: ANN401 - a command returns anything
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
