"""Reads JSON in which no object has a member twice and every number is finite. Pure.

Of two members with one name readers keep the one or the other, and the sender may have meant
either: of a prescription, a profile or an answer nobody may guess.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn, TypeAlias

MemberPath: TypeAlias = tuple[str | int, ...]
_SHOWN, _SHOWN_DEEP = 60, 12  # characters of a name, and names of a path, that are repeated


class DoubledMemberError(ValueError):
    """An object has a member twice; `path` leads to it, as `prescriptions.0.minutes`."""

    def __init__(self, path: MemberPath) -> None:
        self.path = member_name(path)
        super().__init__(f"has {self.path} twice")


class _Doubled(dict[str, Any]):
    """An object that had a member twice, with the name of the first such."""

    name: str = ""


def strict_json(content: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the value of JSON. Raises `DoubledMemberError` and ValueError, with the reason.

    >>> strict_json(b'{"a": [{"b": 1, "b": 2}]}')
    Traceback (most recent call last):
    model.schemas.strict_json.DoubledMemberError: has a.0.b twice
    """
    value = _read(content)
    for path in _doubled_in(value):
        raise DoubledMemberError(path)
    return value


def doubled_members(content: bytes) -> Iterator[MemberPath]:
    """Yield the way to each member that stands twice. Raises ValueError for what is no JSON."""
    yield from _doubled_in(_read(content))


def member_name(path: MemberPath) -> str:
    """Return the way to a member as text, which nobody can make long or hard to read."""
    names = ["".join(filter(str.isprintable, str(part)))[:_SHOWN] for part in path[:_SHOWN_DEEP]]
    return ".".join(names)


def _read(content: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    try:
        return json.loads(content, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("is too deep") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    doubled = _Doubled(value)
    seen: set[str] = set()
    for name, _item in pairs:
        if name in seen:
            doubled.name = name
            break
        seen.add(name)
    return doubled


def _doubled_in(value: object) -> Iterator[MemberPath]:
    """Yield the way to each doubled member, the outermost first."""
    waiting: list[tuple[MemberPath, object]] = [((), value)]
    # a list, and no recursion: what was nested as deep as JSON may be is walked too
    for path, item in waiting:
        if isinstance(item, _Doubled):
            yield (*path, item.name)
        if isinstance(item, dict):
            waiting += [((*path, name), inner) for name, inner in item.items()]
        elif isinstance(item, list):
            waiting += [((*path, number), inner) for number, inner in enumerate(item)]


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"has {name}, which is no number of JSON")
