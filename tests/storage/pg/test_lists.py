"""Lists arrive as they were sent, whatever they hold, and a single statement serves them all."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from psycopg.types.json import Jsonb

from model.facts import DeviceType
from storage.pg.pool import Connection

pytestmark = pytest.mark.anyio
HARD = [
    "",
    "NULL",
    "null",
    'a "quoted" one',
    "back\\slash",
    "{curly}",
    "a,b",
    " blank ",
    "line\nbreak",
    "Grüße, 走る",
    None,
]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", HARD),
        ("text", []),
        ("text", [None, None]),
        ("int", [0, -1, 2**31 - 1, None]),
        ("bigint", [2**63 - 1, -(2**63)]),
        ("float8", [0.1, -1e300, 5e-324, float("inf"), None]),
        ("bool", [True, False, None]),
        ("bytea", [b"", b'\0\\"{}', bytes(range(256))]),
        ("uuid", [UUID(int=7), None]),
        ("date", [date(1970, 1, 1), date(2099, 12, 31), None]),
        ("timestamptz", [datetime(2026, 9, 1, 12, 30, 0, 123456, UTC), None]),
    ],
)
async def test_a_list_comes_back_as_it_was(conn: Connection, kind: str, values: list[Any]) -> None:
    row = await (await conn.execute(f"select %s::{kind}[]".encode(), [values])).fetchone()
    assert row == (values,)


async def test_what_is_a_kind_of_text_or_number_is_sent_as_one(conn: Connection) -> None:
    items: list[Any] = [[DeviceType.WATCH, "x"], [np.float64(0.1)]]
    row = await (await conn.execute("select %s::text[], %s::float8[]", items)).fetchone()
    assert row == (["watch", "x"], [0.1])


async def test_json_comes_back_too(conn: Connection) -> None:
    items: list[Any] = [{"a": 'x"y\\z', "n": [1, None]}, "text", 7]
    row = await (await conn.execute("select %s::jsonb[]", [list(map(Jsonb, items))])).fetchone()
    assert row == (items,)


async def test_any_takes_a_list_without_being_told_its_kind(conn: Connection) -> None:
    cursor = await conn.execute(
        "select pseudonym from patient where pseudonym = any(%s)", [["p1", 'no "such" one']]
    )
    assert await cursor.fetchall() == [("p1",)]


async def test_what_is_no_value_of_a_column_is_refused(conn: Connection) -> None:
    with pytest.raises(TypeError, match="no array of object is known"):
        await conn.execute("select %s::text[]", [[object()]])
