"""Notes of work in progress: read after another process, and written before work begins."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage.facts import in_work
from storage.facts.in_work import Note
from storage.pg.pool import Connection, Pool, autocommit, open_pool
from stream.dead.isolate import Isolated
from stream.log.messages import Message, Run
from tests.rows import values_of
from tests.storage.inline import open_inline

pytestmark = pytest.mark.anyio
_TOPIC = "t@memory"


def _run(first: int, following: int, partition: int = 0) -> Run:
    messages = [
        Message(topic="t", partition=partition, offset=n, value=b"")
        for n in range(first, following)
    ]
    return Run(topic="t", partition=partition, messages=tuple(messages))


async def _aside(*_: object) -> None:
    raise AssertionError("nothing is set aside")


async def test_a_note_stands_before_work_begins_and_is_that_of_the_batch(
    dsn: str, conn: Connection, tmp_path: Path
) -> None:
    seen: list[dict[int, Note]] = []

    async def handle(_batch: Sequence[Run]) -> None:
        seen.append(await in_work.read_notes(conn, _TOPIC, [0, 1]))
        await conn.commit()

    async with open_inline(dsn, conn, tmp_path) as inline:
        handler = Isolated(
            parts=inline.parts, handle=handle, set_aside=_aside, exclusive=asyncio.Lock()
        )
        await handler([_run(0, 3)])
        await handler([_run(3, 4), _run(7, 9, 1)])
    assert seen == [
        {0: Note(first=0, next=3)},
        {0: Note(first=3, next=4), 1: Note(first=7, next=9)},
    ]


async def test_what_another_process_ended_with_in_between_is_tried_alone(
    dsn: str, conn: Connection, tmp_path: Path
) -> None:
    seen: list[list[tuple[int, int]]] = []

    async def handle(batch: Sequence[Run]) -> None:
        seen.append(values_of(batch, "first", "next"))

    async with open_inline(dsn, conn, tmp_path) as inline:
        handler = Isolated(
            parts=inline.parts, handle=handle, set_aside=_aside, exclusive=asyncio.Lock()
        )
        await handler([_run(0, 3)])
        await in_work.write_notes(conn, _TOPIC, {0: Note(first=5, next=7)})
        await conn.execute(
            "insert into stream_offset (topic, part, next_offset) values (%s, 0, 5)", [_TOPIC]
        )
        await conn.commit()
        await handler([_run(5, 9)])
        await handler([_run(9, 11)])
    assert seen == [[(0, 3)], [(5, 6)], [(6, 7)], [(7, 9)], [(9, 11)]]


async def _cut_off(pool: Pool) -> None:
    async with autocommit(pool) as conn:
        await conn.close()
        raise asyncio.CancelledError


async def test_a_connection_that_is_closed_within_keeps_the_error_that_closed_it(dsn: str) -> None:
    async with await open_pool(dsn, max_size=1) as pool:
        with pytest.raises(asyncio.CancelledError):
            await _cut_off(pool)
