"""Lists of Python values as PostgreSQL's arrays, in its text form, without asking the client library item by item.

The statement says what the items are (`%s::int[]`, `= any(%s)`), so one statement has one plan whatever the numbers.
It knows no table.
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
    """Dumps a flat list of values or null; TypeError for what is of no line of `ITEM`."""

    def dump(self, obj: list[Any]) -> Buffer:
        """Return the array's text."""
        text = {kind: _text_of(kind) for kind in set(map(type, obj))}
        return f"{{{','.join([text[type(item)](item) for item in obj])}}}".encode()


def use(conn: AsyncConnection[Any]) -> None:
    """Make a connection send its lists so."""
    conn.adapters.register_dumper(list, Lists)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text_of(kind: type) -> Callable[[Any], str]:
    """Return how a kind is written.

    As the nearest kind that it is one of, as a StrEnum is a text.
    """
    for known in kind.__mro__:
        if known in ITEM:
            return ITEM[known]
    raise TypeError(f"no array of {kind.__name__} is known")


ITEM: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "NULL",
    bool: str,
    int: int.__repr__,
    float: float.__repr__,
    str: _quoted,
    UUID: str,
    bytes: lambda entry: f'"\\\\x{entry.hex()}"',
    date: date.isoformat,
    datetime: datetime.isoformat,
    Jsonb: lambda entry: _quoted(dumps(entry.obj).decode()),
}
