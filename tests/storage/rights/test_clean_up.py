"""The worker's cleaning removes what rights left behind once its time is over."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.calendar import DAY_MS
from model.privacy.requests import FILE_KEPT_MS, RightKind
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import WORKER
from storage.rights.rights_files import put_rights_file, ready_files, rights_file
from storage.rights.rights_requests import open_request, put_rights_move
from stream.housekeeping import clean_up
from tests.storage.inline import KEY, open_inline
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio
_EXTRACT = """
insert into journal_extract (erasure, number, care_unit, prescriber, recorded_at, valid_from,
  valid_to, versions, weeks_followed, sessions_per_week, kept_until)
values (1, 1, 'unit', 'c', now(), '2016-01-01', '2016-06-01', 1, 20, 2, '2026-09-21')"""


async def _left(conn: Connection) -> tuple[int, int]:
    cursor = await conn.execute(
        "select (select count(*) from journal_extract), (select count(*) from rights_file)"
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1]


async def test_extracts_and_files_go_when_their_time_is_over(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    await conn.execute(_EXTRACT)
    made = await open_request(conn, "p1", RightKind.ACCESS, T0, "BankID")
    answered = replace(made, state=type(made.state)("answered"), answer="sent", closed_ms=T0)
    await put_rights_move(conn, answered)
    await put_rights_file(conn, KEY, answered, b"PK", T0)
    assert [item.request for item in await ready_files(conn, "p1", T0)] == [made.number]
    assert await rights_file(conn, KEY, "p1", made.number, T0) == b"PK"
    assert await rights_file(conn, KEY, "p2", made.number, T0) is None
    async with open_inline(dsn, conn, tmp_path) as inline, await open_pool(dsn, role=WORKER) as own:
        # with the worker's own rights, which are no more than it needs
        parts = replace(inline.parts, pool=own)
        for now_ms, left in (
            (T0, (1, 1)),
            # the last date of the extract has passed, and the file has a day left
            (T0 + FILE_KEPT_MS - DAY_MS, (0, 1)),
            (T0 + FILE_KEPT_MS + 1, (0, 0)),
        ):
            inline.now_ms = now_ms
            await clean_up(parts)
            assert await _left(conn) == left
            await conn.rollback()
