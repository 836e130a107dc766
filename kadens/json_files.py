"""Reads a JSON file that a person wrote into a value of the model; names every wrong field."""

import json
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from web.mistakes import mistakes_in

_T = TypeVar("_T")
_LONGEST = 1024 * 1024  # bytes; a profile or a prescription has a few hundred


class JsonFileError(ValueError):
    """A file that cannot be used; the text has a line for each mistake, and repeats no value."""


def read_json_file(path: Path, cls: type[_T]) -> _T:
    """Return the content of a JSON file as a value of a dataclass. Raises `JsonFileError`."""
    content = _content(path)
    known = set(signature(cls).parameters)
    try:
        fields = TypeAdapter(dict[str, object]).validate_json(content)
        # Strict: "3" is not 3 and true is not 1, as in the published JSON Schemas.
        value = TypeAdapter(cls).validate_json(content, strict=True)
    except ValidationError as error:
        lines = [f"{field or 'the file'} {text}" for field, text in mistakes_in(error)]
        raise refusal(path, lines) from None  # pydantic's own text repeats values
    unknown = [f"{name} is not a known field" for name in sorted(set(fields) - known)]
    if unknown:
        raise refusal(path, [*unknown, f"known fields: {', '.join(sorted(known))}"])
    return value


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
