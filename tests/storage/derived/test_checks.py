"""The database itself refuses derived rows whose figures do not add up."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from storage.pg.pool import Connection
from tests.storage.inline import Inline, heart_series, open_inline, walk_body

pytestmark = pytest.mark.anyio

_ZONES = ("very_light_ms", "light_ms", "moderate_ms", "vigorous_ms", "near_max_ms", "unknown_ms")
_TIMES = {
    "session": (*_ZONES, "paused_ms"),
    "day": (*_ZONES, "session_ms", "paused_ms", "elapsed_ms"),
    "week": (*_ZONES, "session_ms", "paused_ms", "elapsed_ms"),
}


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as inline:
        await inline.receive("open_wearables", walk_body(minutes=30))
        await inline.receive("open_wearables", heart_series(minutes=30))
        yield inline


async def _refuses(conn: Connection, statement: str) -> bool:
    """Return whether the database refuses a change of rows that are there; it is undone."""
    try:
        async with conn.transaction(force_rollback=True):
            changed = await conn.execute(statement.encode())
            assert changed.rowcount > 0
    except psycopg.errors.CheckViolation:
        return True
    return False


@pytest.mark.parametrize("table", _TIMES)
async def test_a_millisecond_too_many_is_refused(
    world: Inline, conn: Connection, table: str
) -> None:
    assert world.received == 2
    assert not await _refuses(conn, f"update {table} set algorithm = algorithm")  # noqa: S608
    for column in _TIMES[table]:
        statement = f"update {table} set {column} = {column} + 1"  # noqa: S608 - of the table above
        assert await _refuses(conn, statement), column


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ("steps = null, steps_counted = null, stated = '{}'", False),
        ("steps = 5, steps_counted = 5, stated = '{}'", False),
        ("steps = 5, steps_counted = 5, stated = '{\"steps\": 4}'", False),
        ("steps = 5, steps_counted = 4, stated = '{\"steps\": 5}'", False),
        ("steps = 5, steps_counted = null, stated = '{\"steps\": 5}'", False),
        ("steps = 9, steps_counted = 4, stated = '{\"steps\": 5}'", True),
        ("steps = 4, steps_counted = 4, stated = '{\"steps\": 5}'", True),
        ("steps = 5, steps_counted = 6, stated = '{\"steps\": 5}'", True),
        ("steps = null, steps_counted = 6, stated = '{}'", True),
        ("steps = 5, steps_counted = null, stated = '{}'", True),
    ],
)
async def test_the_steps_of_a_date_are_the_greater_of_counted_and_stated(
    world: Inline,
    conn: Connection,
    values: str,
    refused: bool,  # noqa: FBT001
) -> None:
    assert world.received == 2
    # constants of this test's own table
    assert await _refuses(conn, f"update day set {values}") is refused  # noqa: S608
