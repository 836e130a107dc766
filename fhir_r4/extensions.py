"""Members of our own values that FHIR has no element for, as extensions; and back. Pure.

A member's extension has its name at the end of its URL, and the extensions within it have plain
names. What has its default value is left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NONE = "none"  # an empty list, where that is not what the member has without being named
# The element of an extension for each type; bool comes before int, of which it is a kind.
_ELEMENTS: tuple[tuple[type, str], ...] = (
    (bool, "valueBoolean"),
    (int, "valueInteger"),
    (float, "valueDecimal"),
    (str, "valueString"),
    (date, "valueDate"),
)


class FhirInputError(ValueError):
    """A resource that cannot be taken: `path` leads to the element, and the text says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path, self.reason = path, reason


def members_as_extensions(value: object, names: Sequence[str], base: str) -> list[dict[str, Any]]:
    """Return the extensions of the named members of a dataclass; `base` begins their URLs."""
    by_name = {field.name: field for field in fields(value)}  # type: ignore[arg-type]  # one it is
    return list(_of_members(value, [by_name[name] for name in names], base))


def _of_members(
    value: object, members: Sequence[Field[Any]], base: str
) -> Iterator[dict[str, Any]]:
    for member in members:
        item = getattr(value, member.name)
        if member.default is MISSING or item != member.default:
            yield from _encoded(f"{base}{member.name}", item)


def _encoded(url: str, value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any member
    if isinstance(value, tuple):
        for item in value:
            yield from _encoded(url, item)
        if not value:
            yield {"url": url, "valueString": _NONE}
    elif isinstance(value, dict):
        inner: list[dict[str, Any]] = []
        for name in sorted(value):
            inner += _encoded(name, value[name])
        yield {"url": url, "extension": inner}
    elif is_dataclass(value):
        yield {"url": url, "extension": list(_of_members(value, fields(value), ""))}
    else:
        yield {"url": url, _element(value): value.isoformat() if isinstance(value, date) else value}


def _element(value: object) -> str:
    for kind, element in _ELEMENTS:
        if isinstance(value, kind):
            return element
    raise TypeError(f"no extension is known for {type(value)}")


def extension_members(
    cls: type, names: Sequence[str], extensions: Sequence[Any], base: str, path: str
) -> dict[str, Any]:
    """Return the named members of a dataclass that extensions state.

    Raises `FhirInputError` for an extension that is not known, and for one of another type.
    """
    hints = get_type_hints(cls)
    stated: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for number, extension in enumerate(extensions):
        at = f"{path}.extension[{number}]"
        if not isinstance(extension, dict) or not isinstance(extension.get("url"), str):
            raise FhirInputError(at, "must be an object with a url")
        name = extension["url"].removeprefix(base)
        # with a base of its own, a plain name is somebody else's
        if name not in names or extension["url"] != f"{base}{name}":
            raise FhirInputError(f"{at}.url", "is not known")
        stated.setdefault(name, []).append((at, extension))
    members: dict[str, Any] = {}
    for name, rows in stated.items():
        members[name] = _decoded(hints[name], rows)
    return members


def _decoded(hint: Any, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Any:  # noqa: ANN401
    options = [hint]
    if get_origin(hint) in {Union, UnionType}:
        options = [arg for arg in get_args(hint) if arg is not NoneType]
    kind = options[0]
    if get_origin(kind) is tuple:
        if [row.get("valueString") for _, row in rows] == [_NONE]:
            return ()
        return tuple(_single(get_args(kind)[0], at, row) for at, row in rows)
    if len(rows) > 1:
        raise FhirInputError(rows[1][0], "may be there once only")
    return _single(kind, *rows[0])


def _single(kind: Any, at: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a type hint
    inner = row.get("extension")
    if get_origin(kind) is dict or is_dataclass(kind):
        if not isinstance(inner, list):
            raise FhirInputError(f"{at}.extension", "is missing")
        return _dict(kind, at, inner) if get_origin(kind) is dict else _value(kind, at, inner)
    return _scalar(kind, at, row)


def _dict(kind: Any, at: str, inner: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401 - a hint
    items: dict[str, Any] = {}
    for number, row in enumerate(inner):
        where = f"{at}.extension[{number}]"
        if not isinstance(row, dict) or not isinstance(row.get("url"), str):
            raise FhirInputError(where, "must be an object with a url")
        items[row["url"]] = _single(get_args(kind)[1], where, row)
    return items


def _value(kind: Any, at: str, inner: Sequence[Any]) -> Any:  # noqa: ANN401 - a type hint
    names = [field.name for field in fields(kind)]
    members = extension_members(kind, names, inner, "", at)
    for field in fields(kind):
        if field.default is MISSING and field.name not in members:
            raise FhirInputError(f"{at}.extension({field.name})", "is missing")
    return kind(**members)


def _scalar(kind: Any, at: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a type hint
    element = dict(_ELEMENTS)[kind]
    value = row.get(element)
    # a figure that may have decimals is also written without them
    if kind is float and value is None:
        value = row.get("valueInteger")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and is_number:
        return value
    if kind is date and isinstance(value, str):
        return fhir_date(value, f"{at}.{element}")
    # type() because true is an int to Python, and no number to FHIR
    if type(value) is not kind:
        raise FhirInputError(f"{at}.{element}", "is missing, or of another type")
    return value


def fhir_date(text: object, path: str) -> date:
    """Return a date of FHIR; raises `FhirInputError` for one that is not a whole date."""
    # Python alone reads 20261123 and 2026-W48-1 as well
    is_date = isinstance(text, str) and _DATE.fullmatch(text)
    try:
        return date.fromisoformat(str(text) if is_date else "")
    except ValueError:
        raise FhirInputError(path, "must be a date such as 2026-11-23") from None
