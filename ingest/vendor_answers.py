"""What answers of vendors about accounts and subscriptions hold, read from JSON. Pure.

These are answers to requests of ours that hold no measurements. ValueError means that an answer is
not what was asked for; its text never has a value of the answer.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from model.calendar import epoch_ms


def json_object(body: bytes) -> Mapping[str, object]:
    """Return the JSON object that an answer is."""
    value = _loaded(body)
    if not isinstance(value, dict):
        raise ValueError("the answer is no JSON object")  # noqa: TRY004 - as its callers expect
    return value


def json_rows(body: bytes) -> Sequence[Mapping[str, object]]:
    """Return the JSON objects of the list that an answer is."""
    return rows_of(_loaded(body))


def rows_of(value: object) -> Sequence[Mapping[str, object]]:
    """Return a list of objects."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError("the answer is no list of objects")
    return value


def account_text(body: bytes, name: str) -> str:
    """Return the name of a user in a member of an answer, a text or a whole number, as text."""
    value = json_object(body).get(name)
    # True is a whole number for Python
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError("the answer names no user")
    return str(value)


def time_of_end(value: object) -> int:
    """Return an RFC 3339 time as epoch ms, 0 for none; ValueError for anything else."""
    if value is None or value == "":
        return 0
    at = datetime.fromisoformat(str(value))
    # without an offset it could be off by half a day
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
    return epoch_ms(at)


def _loaded(body: bytes) -> object:
    try:
        # brackets without end make a RecursionError
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("the answer is no JSON") from error
