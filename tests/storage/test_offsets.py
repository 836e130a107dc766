import pytest

from kadens.storage.offsets import Apply, Hole, Replay, advance, finished, skip_to
from kadens.storage.pool import Connection

pytestmark = pytest.mark.anyio


async def test_first_seen_next_replayed_and_hole(conn: Connection) -> None:
    assert await advance(conn, "t", 0, 5, 10) == Apply()
    assert await advance(conn, "t", 0, 10, 12) == Apply()
    assert await advance(conn, "t", 0, 8, 12) == Replay(start=12)
    assert await advance(conn, "t", 0, 8, 15) == Replay(start=12)
    assert await finished(conn, "t") == {0: 15}
    assert await advance(conn, "t", 0, 16, 20) == Hole(expected=15, first=16)
    assert await finished(conn, "t") == {0: 15}


async def test_partitions_do_not_meet_and_a_hole_can_be_accepted(conn: Connection) -> None:
    await advance(conn, "t", 0, 0, 3)
    assert await advance(conn, "t", 1, 7, 8) == Apply()
    await skip_to(conn, "t", 0, 9)
    assert await advance(conn, "t", 0, 9, 10) == Apply()


async def test_rolled_back_with_the_rows(conn: Connection) -> None:
    await advance(conn, "t", 0, 0, 3)
    await conn.commit()
    await advance(conn, "t", 0, 3, 6)
    await conn.rollback()
    assert await advance(conn, "t", 0, 3, 6) == Apply()
