"""Reads a JSON file that a person wrote into a value of the model; names every wrong field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from inspect import signature
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from model.schemas.strict_json import DoubledMemberError, strict_json
from parsers.packing.text_marks import unmarked
from web.mistakes import mistakes_in

_T = TypeVar("_T")
_INVALID = "json_invalid"  # pydantic's name for what is no JSON
_LINE_AND_COLUMN = re.compile(r" at line (\d+) column (\d+)$")
_LONGEST = 1024 * 1024  # bytes; a profile or a prescription has a few hundred


_MEMBERS = TypeAdapter(dict[str, Any])


@cache
def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    # to build it takes a hundred times as long as to read a file with it
    return TypeAdapter(cls)


class JsonFileError(ValueError):
    """A file that cannot be used; the text has a line for each mistake, and repeats no value."""


def read_json_file(path: Path, cls: type[_T]) -> _T:
    """Return the content of a JSON file as a value of a dataclass. Raises `JsonFileError`."""
    content = _content(path)
    known = set(signature(cls).parameters)
    try:
        members = _MEMBERS.validate_json(content)
        # Strict: "3" is not 3 and true is not 1, as in the published JSON Schemas.
        # a class is hashable, which mypy does not know of `type[_T]`
        value: _T = _adapter(cls).validate_json(content, strict=True)  # type: ignore[arg-type]
    except ValidationError as error:
        # pydantic's own text repeats values
        raise refusal(path, mistake_lines(error)) from None
    try:
        strict_json(content)
    except DoubledMemberError as error:
        raise refusal(path, [f"{error.path} stands twice"]) from None
    # pydantic reads NaN where a number may be any
    except ValueError as error:
        raise refusal(path, [f"the file {error}"]) from None
    unknown = [f"{name} is not a known field" for name in unknown_members(members, cls)]
    if unknown:
        raise refusal(path, [*unknown, f"known fields: {', '.join(sorted(known))}"])
    return value


def mistake_lines(error: ValidationError) -> list[str]:
    """Return a line for each mistake in a file; invalid JSON has the line where it breaks."""
    rows = zip(mistakes_in(error), error.errors(), strict=True)
    return [f"{field or 'the file'} {text}{_where(row)}" for (field, text), row in rows]


def _where(row: Mapping[str, Any]) -> str:
    """Return line and column of a mistake of pydantic in brackets, "" where it tells none."""
    at = _LINE_AND_COLUMN.search(str(row.get("ctx", {}).get("error", "")))
    return f" (line {at[1]}, column {at[2]})" if at and row["type"] == _INVALID else ""


def unknown_members(row: dict[str, Any], cls: type[Any], where: str = "") -> Iterator[str]:
    """Yield the path of each member of a JSON object that a dataclass, or one in it, lacks.

    Pydantic passes over them. `where` is the path of the object itself.
    """
    known = get_type_hints(cls)
    prefix = f"{where}." if where else ""
    for name in sorted(row.keys() - {field.name for field in fields(cls)}):
        yield f"{prefix}{name}"
    for name in sorted(row.keys() & known.keys()):
        inner, values = _dataclass_in(known[name]), row[name]
        # What may be left out is null here, and what is no object was refused before.
        if inner is None or values is None:
            continue
        for number, value in enumerate(values) if isinstance(values, list) else [(None, values)]:
            at = f"{prefix}{name}" if number is None else f"{prefix}{name}.{number}"
            yield from unknown_members(value, inner, at)


def _dataclass_in(hint: Any) -> type[Any] | None:  # noqa: ANN401 - any annotation
    """Return the dataclass that a field holds, alone or in a tuple; None when it holds none."""
    if is_dataclass(hint) and isinstance(hint, type):
        return hint
    # `X | None` is a UnionType or a Union, depending on what X is.
    if get_origin(hint) in (tuple, Union, UnionType):
        return next(filter(None, map(_dataclass_in, get_args(hint))), None)
    return None


def refusal(path: Path, lines: Sequence[str]) -> JsonFileError:
    """Return the error for a file with mistakes, a line for each."""
    return JsonFileError("\n  ".join([f"{path} cannot be used:", *lines]))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise JsonFileError(f"{path}: {error.strerror}") from None
    if len(content) > _LONGEST:
        raise JsonFileError(f"{path} is longer than {_LONGEST:,} bytes")
    return unmarked(content)
