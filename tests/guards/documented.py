"""Reads the commands that pages for people name, and compares them with the program's own table."""

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import chain

from kadens.cli import COMMANDS
from kadens.lazy_commands import Entry, every_command

_LINE = re.compile(r"^ *(?:\.venv/bin/)?(kadens .*)$", re.MULTILINE)
_INLINE = re.compile(r"`(?:\.venv/bin/)?(kadens [^`]+)`")
# a text that goes on, has a comment, or is one of several that a program runs
_ENDS = {"|", "&", "&&", ";", ">"}
_EVERYWHERE = {"--help", "-h"}
_OF_THE_PROGRAM = {"--help", "--version", "--why"}


def commands_of(text: str) -> Iterator[list[str]]:
    """Yield the words of each command that a page names, in its blocks and in its sentences."""
    joined = text.replace("\\\n", " ")
    for text_of_command in (*_LINE.findall(joined), *_INLINE.findall(re.sub(r"\n +", " ", joined))):
        words = shlex.split(text_of_command.replace("\n", " "), comments=True)[1:]
        stop = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
        yield words[:stop]


def mistake(words: list[str], options: Mapping[tuple[str, ...], set[str]]) -> str:
    """Return what is wrong with a command, "" when it is there with its options."""
    while words[:1] and words[0].startswith("--"):
        if words[0] not in _OF_THE_PROGRAM:
            return f"kadens has no {words[0]}"
        # the text after --why
        words = words[2:] if words[0] == "--why" else words[1:]
    entries: tuple[Entry, ...] = COMMANDS
    path: tuple[str, ...] = ()
    while words and (entry := _entry(entries, words[0])) is not None:
        path, entries, words = (*path, words[0]), entry.entries, words[1:]
    # COMMAND stands for any
    named = [word for word in words[:1] if re.fullmatch("[a-z][a-z-]+", word)]
    if entries and named:
        return f"there is no kadens {' '.join((*path, *named))}"
    known = options.get(path, set()) | _EVERYWHERE
    given = {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)}
    return "".join(f"kadens {' '.join(path)} has no {name}" for name in sorted(given - known))


def _entry(entries: tuple[Entry, ...], word: str) -> Entry | None:
    return next((entry for entry in entries if entry.word == word), None)


def options_by_command() -> dict[tuple[str, ...], set[str]]:
    """Return the options of each command, by its words."""
    known: dict[tuple[str, ...], set[str]] = {}
    for words, command in every_command(COMMANDS):
        known[words] = set(chain.from_iterable(item.opts for item in command.params))
    return known
