"""Sends lists of Python values as PostgreSQL's arrays, in text form.

psycopg would look up how to send each item by itself, which is slow for long lists. The statement
has the type of the items (`%s::int[]`, `= any(%s)`), so a statement has the same plan whatever the
size of the numbers.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.adapt import Buffer, Dumper
from psycopg.types.json import Jsonb

from model.codec import dumps


class Lists(Dumper):
    """Sends a flat list of values or None; raises TypeError for a type that is not in `ITEM`."""

    def dump(self, obj: list[Any]) -> Buffer:
        """Return the array in PostgreSQL's text form."""
        # the function is looked up once for each type, not for each item: lists may be long
        text = {kind: _text_of(kind) for kind in set(map(type, obj))}
        return f"{{{','.join([text[type(item)](item) for item in obj])}}}".encode()


def send_lists_as_arrays(conn: AsyncConnection[Any]) -> None:
    """Make a connection send lists with `Lists`."""
    conn.adapters.register_dumper(list, Lists)


def _quoted(text: str) -> str:
    # the backslash first, or those of the quotes would be doubled
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text_of(kind: type) -> Callable[[Any], str]:
    """Return the function that writes values of a type.

    It is that of the nearest base class in `ITEM`, so that a StrEnum is sent as text.
    """
    for known in kind.__mro__:
        if known in ITEM:
            return ITEM[known]
    raise TypeError(f"no array of {kind.__name__} is known")


ITEM: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "NULL",  # without quotes; with quotes it would be a text
    bool: str,
    int: int.__repr__,
    float: float.__repr__,  # the shortest text that reads back as the same number
    str: _quoted,
    UUID: str,
    bytes: lambda entry: f'"\\\\x{entry.hex()}"',
    date: date.isoformat,
    datetime: datetime.isoformat,
    Jsonb: lambda entry: _quoted(dumps(entry.obj).decode()),
}
