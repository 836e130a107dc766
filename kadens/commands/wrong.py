"""What is wrong with a value that a person gave, in our words and without the value. Pure."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

# by the first words of pydantic's name for a mistake; a row names the limit that was passed where there is one
WANTED: Mapping[str, str] = {
    "missing": "is missing",
    "json": "JSON is wanted",
    "dict": "an object in braces is wanted",
    "dataclass": "an object in braces is wanted",
    "model": "an object in braces is wanted",
    "float": "a number is wanted",
    "int": "a whole number is wanted",
    "finite": "a number is wanted",
    "string": "text is wanted",
    "bool": "true or false is wanted",
    "date": "a date such as 2026-11-01 is wanted",
    "literal": "one of {expected} is wanted",
    "enum": "one of {expected} is wanted",
    "greater_than_equal": "at least {ge} is wanted",
    "greater_than": "more than {gt} is wanted",
    "less_than_equal": "at most {le} is wanted",
    "less_than": "less than {lt} is wanted",
    "tuple": "a list is wanted",
    "list": "a list is wanted",
    "set": "a list is wanted",
    "too_long": "a list of at most {max_length} is wanted",
    "too_short": "a list of at least {min_length} is wanted",
    "unexpected_keyword": "is not known",
    "extra_forbidden": "is not known",
}
OURS = "Value error, "  # what our own checks say, after this


def wrong(error: ValidationError) -> list[tuple[str, str]]:
    """Return each mistake as its place ("" for the whole) and what is wanted there."""
    return [
        (".".join(map(str, item["loc"])), _wanted(dict(item)))
        for item in error.errors(include_input=False)
    ]


def _wanted(values: Mapping[str, Any]) -> str:
    kind, text = str(values["type"]), str(values["msg"])
    if kind == "value_error":
        return text.removeprefix(OURS)
    row = next((row for row in sorted(WANTED, key=len, reverse=True) if kind.startswith(row)), "")
    try:
        return WANTED[row].format_map(values.get("ctx", {})) if row else "is not as it should be"
    except KeyError:
        return "is not as it should be"
