"""Reads a JSON file that a person wrote into a value of the model; names every wrong field."""

from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import TypeVar

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
