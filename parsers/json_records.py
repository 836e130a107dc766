"""Walks a large JSON object of lists, `{"name": [record, ...], ...}`, one record at a time. Pure.

Records are parsed one at a time, so memory does not grow with their number. What a record means is
not decided here.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from model.errors import BodyError
from model.facts import RejectKind

# Objects and lists in a payload. A day with a sample each second has 90,000.
MOST_LISTED_OBJECTS = 2_000_000
# What becomes of an object as soon as it is parsed, from its members in order.
Hook: TypeAlias = Callable[[list[tuple[str, Any]]], Any]
_SPACE = re.compile(r"[ \t\n\r]*")
_NO_NUMBER = object()
_MOST_DIGITS = 400  # a float has fewer; Python converts ten times as many


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """A record of a list: the list's name, its index there, its value, and its text.

    The text is `start`..`end` of the payload's text. Where the name holds something else than a
    list, `value` is that and `index` is None.
    """

    name: str
    index: int | None
    value: Any
    start: int
    end: int

    @property
    def where(self) -> str:
        """Return the path of the record: `dailies[3]`."""
        return self.name if self.index is None else f"{self.name}[{self.index}]"


def text_of(payload: bytes, most: int = MOST_LISTED_OBJECTS) -> str:
    """Return a payload as text; BodyError when it is not UTF-8 or has too many values.

    `most` is the number of objects and lists that it may have.
    """
    # Brackets are counted before anything is parsed: a small body may hold very many values.
    if payload.count(b"{") + payload.count(b"[") > most:
        raise BodyError("body", "more values than a body may hold", RejectKind.TOO_MUCH)
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyError(f"@{error.start}", "not UTF-8") from error


def listed_records(text: str, hook: Hook | None = None) -> Iterator[ListedRecord]:
    """Yield the records of an object of lists, in order; BodyError where it is no such object.

    An object within a record is what `hook` returns, if there is one.
    """
    walk = _Walk(text, hook)
    walk.expect("{", "not a JSON object")
    if not walk.skips("}"):
        yield from _members(walk)
    walk.expect_end()


def records_inside(text: str, name: str, hook: Hook) -> Iterator[ListedRecord]:
    """Yield the records of an object of lists that the member `name` of a JSON object holds.

    The records of lists beside it come as well, each with the name of its list. Of each object
    within a record only what `hook` returns is kept, so that memory does not grow with the rest.
    Raises BodyError where the text is no such object.
    """
    walk = _Walk(text, hook)
    walk.expect("{", "not a JSON object")
    if not walk.skips("}"):
        yield from _members(walk, name)
    walk.expect_end()


def records_of_list(text: str, name: str) -> Iterator[ListedRecord]:
    """Yield the records of a bare list, as if `name` held it in an object."""
    walk = _Walk(text)
    yield from _items(walk, name)
    walk.expect_end()


def is_list(text: str) -> bool:
    """Return whether a JSON text is a list."""
    # The pattern also matches nothing, so there is always a match.
    return text[_SPACE.match(text).end() :][:1] == "["  # type: ignore[union-attr]


def _members(walk: "_Walk", inside: str = "") -> Iterator[ListedRecord]:
    """Yield the records of the lists of an object; the object `inside` it is such an object too."""
    while True:
        name, _, _ = walk.value()
        if not isinstance(name, str):
            raise walk.error("not a JSON object")
        walk.expect(":", "no colon after a name")
        if walk.sees("["):
            yield from _items(walk, name)
        elif inside and name == inside and walk.skips("{"):
            if not walk.skips("}"):
                yield from _members(walk)
        else:
            value, start, end = walk.value()
            yield ListedRecord(name=name, index=None, value=value, start=start, end=end)
        if not walk.skips(","):
            walk.expect("}", "neither a comma nor the end of the object")
            return


def _items(walk: "_Walk", name: str) -> Iterator[ListedRecord]:
    walk.expect("[", "not a list")
    if walk.skips("]"):
        return
    index = 0
    while True:
        value, start, end = walk.value()
        yield ListedRecord(name=name, index=index, value=value, start=start, end=end)
        index += 1
        if not walk.skips(","):
            walk.expect("]", "neither a comma nor the end of the list")
            return


class _Walk:
    """A position in a JSON text."""

    def __init__(self, text: str, hook: Hook | None = None) -> None:
        self._text, self._at = text, 0
        self._decoder = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=hook)
        self._of_long_numbers = json.JSONDecoder(
            parse_constant=_no_number, object_pairs_hook=hook, parse_int=_long_number
        )
        self._skip_space()

    def sees(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def skips(self, mark: str) -> bool:
        """Step over a mark if it is next; return whether it was."""
        if not self.sees(mark):
            return False
        self._at += 1
        self._skip_space()
        return True

    def expect(self, mark: str, why: str) -> None:
        if not self.skips(mark):
            raise self.error(why)

    def expect_end(self) -> None:
        if self._at < len(self._text):
            raise self.error("more after the end")

    def value(self) -> tuple[Any, int, int]:
        """Return the next value with its start and end in the text, and step over it."""
        start = self._at
        try:
            value, self._at = self._decoded(start)
        except RecursionError as error:
            raise BodyError(f"@{start}", "nested too deeply", RejectKind.TOO_MUCH) from error
        except json.JSONDecodeError as error:
            raise BodyError(f"@{error.pos}", "not JSON") from error
        end = self._at
        self._skip_space()
        return value, start, end

    def _decoded(self, start: int) -> tuple[Any, int]:
        try:
            return self._decoder.raw_decode(self._text, start)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a whole number of more digits than Python converts
            return self._of_long_numbers.raw_decode(self._text, start)

    def error(self, why: str) -> BodyError:
        return BodyError(f"@{self._at}", f"not JSON: {why}")

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._at)
        if match is not None:
            self._at = match.end()


def _no_number(_name: str) -> object:
    """Return what stands for NaN and Infinity, which JSON lacks and some programs write.

    It is of no type that a reader takes, so that it costs its own field and not all the records.
    """
    return _NO_NUMBER


def _long_number(written: str) -> int | float:
    """Return a whole number; one beyond float64 is infinite, and outside of all that is read."""
    return int(written) if len(written) <= _MOST_DIGITS else float(written)


def holds_marks(beginning: bytes, rows: Iterable[Sequence[bytes]]) -> bool:
    """Return whether the first bytes of a file hold all marks of one of the rows."""
    return any(_holds_all(beginning, marks) for marks in rows)


def _holds_all(beginning: bytes, marks: Sequence[bytes]) -> bool:
    return all(mark in beginning for mark in marks)
