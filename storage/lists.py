"""Lists of Python values as PostgreSQL's arrays, in its text form, without asking the client library item by item.

The statement says what the items are (`%s::int[]`, `= any(%s)`), so one statement has one plan whatever the numbers.
It knows no table.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any

from psycopg import AsyncConnection
from psycopg.adapt import Buffer, Dumper
from psycopg.types.json import Jsonb

from ..model.codec import dumps


class Lists(Dumper):
    """Dumps a flat list of one kind of items or null; TypeError for what is in no line of `ITEM`."""

    def dump(self, obj: list[Any]) -> Buffer:
        """Return the array's text."""
        kinds = set(map(type, obj))
        item = ITEM.get(kinds.pop(), _mixed) if len(kinds) == 1 else _mixed
        return f"{{{','.join(map(item, obj))}}}".encode()


def use(conn: AsyncConnection[Any]) -> None:
    """Make a connection send its lists so."""
    conn.adapters.register_dumper(list, Lists)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _mixed(one: object) -> str:
    if type(one) not in ITEM:
        raise TypeError(f"no array of {type(one).__name__} is known")
    return ITEM[type(one)](one)


ITEM: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "NULL",
    bool: str,
    int: str,
    float: repr,
    str: _quoted,
    bytes: lambda one: f'"\\\\x{one.hex()}"',
    date: date.isoformat,
    datetime: datetime.isoformat,
    Jsonb: lambda one: _quoted(dumps(one.obj).decode()),
}
