"""When a patient is judged after new facts: at once after a report, later after samples alone."""

import pytest

from model.calendar import utc
from model.spans import Span
from storage.pg.pool import Connection
from stream.deriving.derive_batch import CALM_MS, _mark_due

pytestmark = pytest.mark.anyio

_NOW = 1_764_000_000_000
_SAMPLES = Span(start_ms=0, end_ms=1, samples_only=True)
ANSWER = Span(start_ms=0, end_ms=0)


async def due(conn: Connection) -> list[tuple[str, object]]:
    cursor = await conn.execute(
        "select p.pseudonym, d.at from due d join patient p on p.id = d.patient order by 1"
    )
    return [(pseudonym, at) for pseudonym, at in await cursor.fetchall()]


async def test_samples_wait_a_little_and_answers_do_not(conn: Connection) -> None:
    await _mark_due(conn, {"p1": (_SAMPLES,), "p2": (_SAMPLES, ANSWER)}, _NOW)
    assert await due(conn) == [("p1", utc(_NOW + CALM_MS)), ("p2", utc(_NOW))]


async def test_an_earlier_look_stands(conn: Connection) -> None:
    await _mark_due(conn, {"p1": (ANSWER,)}, _NOW)
    await _mark_due(conn, {"p1": (_SAMPLES,)}, _NOW)
    assert await due(conn) == [("p1", utc(_NOW))]
