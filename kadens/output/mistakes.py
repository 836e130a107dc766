"""Describes mistakes in values that a person gave, without repeating the value. Pure."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

# Keys are beginnings of pydantic's names for mistakes, and the longest that fits counts. A text
# names the limit that was exceeded, if there is any.
_TEXTS: Mapping[str, str] = {
    "missing": "is missing",
    "json": "must be valid JSON",
    "dict": "must be an object in braces",
    "dataclass": "must be an object in braces",
    "model": "must be an object in braces",
    "float": "must be a number",
    "int": "must be a whole number",
    "finite": "must be a finite number",
    "string": "must be text",
    "bool": "must be true or false",
    "date": "must be a date, such as 2026-11-01",
    "literal": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "tuple": "must be a list",
    "list": "must be a list",
    "set": "must be a list",
    "too_long": "must be a list of at most {max_length}",
    "too_short": "must be a list of at least {min_length}",
    "unexpected_keyword": "is not a known field",
    "extra_forbidden": "is not a known field",
}
_LONGEST_FIRST = sorted(_TEXTS, key=len, reverse=True)
_UNKNOWN = "is not a valid value"
_OURS = "Value error, "  # pydantic puts this before the texts of our own checks


def mistakes_in(error: ValidationError) -> list[tuple[str, str]]:
    """Return each mistake as the path of its field ("" for the value itself) and its text."""
    mistakes = []
    for item in error.errors(include_input=False):
        path = ".".join(str(part) for part in item["loc"])
        mistakes.append((path, _text_of(dict(item))))
    return mistakes


def _text_of(item: Mapping[str, Any]) -> str:
    kind, message = str(item["type"]), str(item["msg"])
    if kind == "value_error":
        return message.removeprefix(_OURS)
    for name in _LONGEST_FIRST:
        if kind.startswith(name):
            return _filled(_TEXTS[name], item.get("ctx", {}))
    return _UNKNOWN


def _filled(text: str, limits: Mapping[str, Any]) -> str:
    try:
        return text.format_map(limits)
    except KeyError:
        return _UNKNOWN
