"""The errors of pydantic in plain words, for the doors' answers and for the command line. Pure.

A text is read after the name of the field or parameter. It never repeats a value that was given.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from model.words.language import N_, translated

NOT_AS_DESCRIBED = N_("is not as described")
_OWN_TEXT = "Value error, "  # pydantic puts it before the text of our own validators

# The text by the beginning of pydantic's name for the error. Pydantic's names share beginnings
# ("int_type", "int_parsing"), and so do their meanings. The longest beginning that fits wins.
_TEXTS: Mapping[str, str] = {
    "missing": N_("is missing"),
    "extra_forbidden": N_("is not known"),
    "unexpected_keyword": N_("is not known"),
    "json": N_("is not valid JSON"),
    "string_too_short": N_("must have at least {min_length} characters"),
    "string_too_long": N_("must have at most {max_length} characters"),
    "string_pattern_mismatch": N_("holds a character that is not allowed"),
    "string": N_("must be text"),
    "int": N_("must be a whole number"),
    "float": N_("must be a number"),
    "finite": N_("must be a finite number"),
    "bool": N_("must be true or false"),
    "date": N_("must be a date such as 2026-11-23"),
    "uuid": N_("must be a UUID"),
    "literal": N_("must be {expected}"),
    "enum": N_("must be {expected}"),
    "greater_than": N_("must be more than {gt}"),
    "greater_than_equal": N_("must be at least {ge}"),
    "less_than": N_("must be less than {lt}"),
    "less_than_equal": N_("must be at most {le}"),
    "union_tag_invalid": N_("{discriminator} must be one of {expected_tags}"),
    "union_tag_not_found": N_("must have {discriminator}"),
    "dict": N_("must be an object"),
    "model": N_("must be an object"),
    "dataclass": N_("must be an object"),
    "list": N_("must be a list"),
    "tuple": N_("must be a list"),
    "set": N_("must be a list"),  # JSON has no sets
    "too_short": N_("must be a list of at least {min_length}"),
    "too_long": N_("must be a list of at most {max_length}"),
}
_OF_A_KEY = "[key]"  # pydantic ends the path of a key of an object with it
_LONGEST_FIRST = sorted(_TEXTS, key=len, reverse=True)


def mistakes_in(error: ValidationError) -> list[tuple[str, str]]:
    """Return each mistake as the path of its field ("" for the value itself) and its text."""
    mistakes = []
    for row in error.errors(include_input=False):
        text = mistake_text(row)
        mistakes.append((path_of(row["loc"]), text))
    return mistakes


def path_of(location: tuple[int | str, ...]) -> str:
    """Return the way to a field as text: the keys and positions that lead to it, such as `a.0`."""
    return ".".join(str(part) for part in location if part != _OF_A_KEY)


def mistake_text(error: Mapping[str, Any]) -> str:
    """Return an error in plain English; `error` is a row of pydantic's `errors()`."""
    kind = str(error["type"])
    if kind == "value_error":
        return str(error["msg"]).removeprefix(_OWN_TEXT)
    for beginning in _LONGEST_FIRST:
        if kind.startswith(beginning):
            return _filled(translated(_TEXTS[beginning]), error.get("ctx", {}))
    return translated(NOT_AS_DESCRIBED)


def _filled(text: str, limits: Mapping[str, Any]) -> str:
    try:
        # pydantic's context may lack a bound that the text names, and need not be the same in every
        # release: a vague text is better than a failing error answer
        return text.format_map(limits)
    except KeyError:
        return translated(NOT_AS_DESCRIBED)
