"""Reads a JSON file that a person wrote into a value of the model; names every wrong field."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from inspect import signature
from pathlib import Path
from types import UnionType
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from web.mistakes import mistakes_in

_T = TypeVar("_T")
_INVALID = "json_invalid"  # pydantic's name for what is no JSON
_POSITION = re.compile(r" at line (\d+) column (\d+)$")
_LONGEST = 1024 * 1024  # bytes; a profile or a prescription has a few hundred


class JsonFileError(ValueError):
    """A file that cannot be used; the text has a line for each mistake, and repeats no value."""


def read_json_file(path: Path, cls: type[_T]) -> _T:
    """Return the content of a JSON file as a value of a dataclass. Raises `JsonFileError`."""
    content = _content(path)
    known = set(signature(cls).parameters)
    try:
        members = TypeAdapter(dict[str, Any]).validate_json(content)
        # Strict: "3" is not 3 and true is not 1, as in the published JSON Schemas.
        value = TypeAdapter(cls).validate_json(content, strict=True)
    except ValidationError as error:
        # pydantic's own text repeats values
        raise refusal(path, mistake_lines(error)) from None
    unknown = [f"{name} is not a known field" for name in unknown_members(members, cls)]
    if unknown:
        raise refusal(path, [*unknown, f"known fields: {', '.join(sorted(known))}"])
    return value


def mistake_lines(error: ValidationError) -> list[str]:
    """Return a line for each mistake in a file; invalid JSON has the place where it breaks."""
    lines = [f"{field or 'the file'} {text}" for field, text in mistakes_in(error)]
    # where there is no JSON, that is the only mistake
    row = error.errors()[0]
    position = _POSITION.search(str(row.get("ctx", {}).get("error", "")))
    if position and row["type"] == _INVALID:
        return [f"{lines[0]} (line {position[1]}, column {position[2]})"]
    return lines


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


def strict_json(content: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the value of JSON in which every number is finite and no object has a key twice.

    Raises ValueError with the reason. Readers of JSON differ in what they make of both.
    """
    try:
        return json.loads(content, object_pairs_hook=_once_each, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("is too deep") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, item in pairs:
        # most readers keep the last one, and so would lose what the first one says
        if name in value:
            raise ValueError(f"has the key {name} twice in one object")
        value[name] = item
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"has {name}, which is no number of JSON")


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
    return content
