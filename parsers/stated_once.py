"""Parses JSON in which an object may state a member twice, with different values. Pure.

Nobody knows which of the two the sender means, and the last would count unseen. `TWICE` is in their
place. It is of no type that a reader takes, so that the member is told with its path and the rest
is read. The same value twice is one value, and null beside a value states nothing.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from model.codec import dumps, loads

TWICE_STATED: Final = "stated twice, with different values"
_CODED_COLON = "\\u003a"
_LEVELS = 200  # of lists and objects; the codec writes a few more


class StatedTwice:
    """The type of `TWICE`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "twice"


TWICE: Final = StatedTwice()


def members_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object, with `TWICE` for a name with two values."""
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    # once through the pairs: an object may have as many members as a body has room for
    stated: dict[str, list[Any]] = defaultdict(list)
    for name, value in pairs:
        stated[name].append(value)
    return {name: _only(values) for name, values in stated.items()}


def _only(values: list[Any]) -> object:
    stated = [value for value in values if value is not None] or values
    first = stated[0]
    return first if all(_are_equal(first, value) for value in stated) else TWICE


def _are_equal(first: object, second: object) -> bool:
    # 1 and true are equal to Python, and not to a sender
    return first == second and isinstance(first, bool) is isinstance(second, bool)


def loads_once(written: bytes | str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Parse JSON as `loads` of the codec does, with `TWICE` for a member of two values.

    Raises JSONDecodeError.
    """
    value = loads(written)
    if states_once(written, value):
        return value
    text = written if isinstance(written, str) else written.decode()
    try:
        return json.loads(text, object_pairs_hook=members_once)
    except RecursionError as error:
        raise json.JSONDecodeError("nested too deeply", text, 0) from error
    except ValueError as error:  # a whole number of more digits than Python converts
        raise json.JSONDecodeError("not JSON that can be read", text, 0) from error


def states_once(written: bytes | str, value: object) -> bool:
    """Return whether no object of a JSON text, parsed as `value`, states a member twice.

    Colons are counted, of which each member has one: a member that was replaced lacks in what is
    written again. This is far quicker than to look at each object.
    """
    # a colon that is written as a code would hide one that is missing
    if isinstance(written, str):
        is_plain, colons = _CODED_COLON not in written.lower(), written.count(":")
    else:
        is_plain, colons = _CODED_COLON.encode() not in written.lower(), written.count(b":")
    try:
        return is_plain and dumps(value).count(b":") == colons
    except TypeError:  # deeper than the codec writes, though it reads it
        return False


def dumps_once(value: object) -> bytes:
    """Return a parsed value as JSON: who reads it again finds null where a member had two values.

    So it is of what lies deeper than the codec writes. No reader looks as deep.
    """
    try:
        return dumps(value)
    except TypeError:
        return dumps(_writable(value, 0))


def _writable(value: object, level: int) -> object:
    if value is TWICE or level == _LEVELS:
        return None
    if isinstance(value, dict):
        return {name: _writable(item, level + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_writable(item, level + 1) for item in value]
    return value
