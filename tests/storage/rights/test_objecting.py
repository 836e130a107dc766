"""An objection that a patient sends at their door pauses processing by itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.calendar import MINUTE_MS, epoch_ms
from model.privacy.requests import RightKind
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import WORKER
from storage.rights import restrictions
from storage.rights.rights_requests import open_request
from stream.collaborators import Collaborators
from stream.rights.objecting import pause_objected
from tests.storage.tellers import T0
from tests.stream.kept_worker import KeptProducer, kept_parts

pytestmark = pytest.mark.anyio
_KEPT = """
select p.pseudonym, r.kind, r.source, r.from_at, r.until_at, r.set_by, r.why, r.ground
from restriction r join patient p on p.id = r.patient order by r.id"""
_LATER_MS = T0 + 5 * MINUTE_MS


async def _rows(conn: Connection, query: str) -> list[Any]:
    return await (await conn.execute(query)).fetchall()


async def _twice(parts: Collaborators) -> list[int]:
    later = replace(parts, now=lambda: _LATER_MS)
    return [await pause_objected(later), await pause_objected(later)]


@pytest.mark.promise(9)
async def test_what_is_objected_to_pauses_until_a_person_records_the_ground(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    number = (await open_request(conn, "p1", RightKind.OBJECTION, T0, "signed in")).number
    await open_request(conn, "p2", RightKind.ERASURE, T0, "signed in")
    await conn.execute("delete from stale_derivation")
    await conn.commit()
    async with await open_pool(dsn, max_size=2, role=WORKER) as pool:
        parts = kept_parts(pool, KeptProducer(), tmp_path, "c")
        assert await _twice(parts) == [1, 0]
        ((patient, kind, source, since, until, by, why, ground),) = await _rows(conn, _KEPT)
        assert (patient, kind, source, epoch_ms(since), until) == ("p1", "objection", "", T0, None)
        # who reads the list of restrictions finds the patient's words by the request's number
        assert (by, why, ground) == ("kadens", f"request {number}, {since:%Y-%m-%d}", "")
        stale = "select p.pseudonym from stale_derivation s join patient p on p.id = s.patient"
        assert await _rows(conn, stale) == [("p1",)]
        ((restriction,),) = await _rows(conn, "select id from restriction")
        await restrictions.answer_objection(
            conn, restriction, by="c", ground="the law on records", now_ms=_LATER_MS
        )
        await conn.commit()
        # the request is open still, and what a person has weighed is not paused again
        assert await _twice(parts) == [0, 0]


async def test_an_objection_that_a_person_recorded_first_is_left_as_it_is(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    await open_request(conn, "p1", RightKind.OBJECTION, T0, "signed in")
    await restrictions.record_objection(conn, "p1", by="c", why="by letter", now_ms=T0 - MINUTE_MS)
    await conn.commit()
    async with await open_pool(dsn, max_size=2, role=WORKER) as pool:
        assert await _twice(kept_parts(pool, KeptProducer(), tmp_path, "c")) == [0, 0]
    assert [row[5:7] for row in await _rows(conn, _KEPT)] == [("c", "by letter")]


async def test_one_that_was_refused_or_whose_sender_is_not_known_pauses_nothing(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    await open_request(conn, "p1", RightKind.OBJECTION, T0, "signed in")
    await conn.execute("update rights_request set state = 'refused', closed_at = now()")
    # a letter that anybody may have written must not silence alerts
    await open_request(conn, "p2", RightKind.OBJECTION, T0)
    await conn.commit()
    async with await open_pool(dsn, max_size=2, role=WORKER) as pool:
        assert await _twice(kept_parts(pool, KeptProducer(), tmp_path, "c")) == [0, 0]
    assert await _rows(conn, _KEPT) == []
