import pytest

from storage.facts.offsets import Advance, Apply, Hole, Replay, advance, finished, skip_to
from storage.pg.pool import Connection

pytestmark = pytest.mark.anyio


async def _advanced(conn: Connection, partition: int, first: int, following: int) -> Advance:
    return (await advance(conn, "t", {partition: (first, following)}))[partition]


async def test_first_seen_next_replayed_and_hole(conn: Connection) -> None:
    assert await _advanced(conn, 0, 5, 10) == Apply()
    assert await _advanced(conn, 0, 10, 12) == Apply()
    assert await _advanced(conn, 0, 8, 12) == Replay(start=12)
    assert await _advanced(conn, 0, 8, 15) == Replay(start=12)
    assert await finished(conn, "t") == {0: 15}
    assert await _advanced(conn, 0, 16, 20) == Hole(expected=15, first=16)
    assert await finished(conn, "t") == {0: 15}


async def test_partitions_do_not_meet_and_a_hole_can_be_accepted(conn: Connection) -> None:
    await _advanced(conn, 0, 0, 3)
    assert await _advanced(conn, 1, 7, 8) == Apply()
    await skip_to(conn, "t", 0, 9)
    await skip_to(conn, "t", 2, 4)
    assert await _advanced(conn, 0, 9, 10) == Apply()
    assert await finished(conn, "t") == {0: 10, 1: 8, 2: 4}


async def test_several_partitions_each_have_their_own_answer(conn: Connection) -> None:
    await advance(conn, "t", {3: (0, 5), 1: (0, 5), 2: (0, 5)})
    answers = await advance(conn, "t", {4: (7, 9), 3: (6, 8), 2: (5, 6), 1: (3, 6)})
    assert answers == {1: Replay(start=5), 2: Apply(), 3: Hole(expected=5, first=6), 4: Apply()}
    assert await finished(conn, "t") == {1: 6, 2: 6, 3: 5, 4: 9}
    assert await finished(conn, "other") == {}


async def test_rolled_back_with_the_rows(conn: Connection) -> None:
    await _advanced(conn, 0, 0, 3)
    await conn.commit()
    await _advanced(conn, 0, 3, 6)
    await conn.rollback()
    assert await _advanced(conn, 0, 3, 6) == Apply()
