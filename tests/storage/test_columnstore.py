"""Late data meets compressed chunks: revisions, stream points and deletions end as they do on hot rows."""

import pytest
from psycopg import AsyncConnection

from kadens.model.facts import Joining, Told
from kadens.storage import derived
from kadens.storage.digest import digest
from kadens.storage.pool import Connection
from kadens.storage.writer import write_facts
from kadens.stream.compute.derive import derive

from .tellers import MIN, PHONE, T0, block, head, run, told

pytestmark = pytest.mark.anyio


def background(revision: int, bpm: float, step: int) -> Told:
    said = head(f"hr:{revision}", T0, T0 + 60 * MIN, source=PHONE, revision=revision)
    times = list(range(T0, T0 + 60 * MIN, step))
    return told(block(said, times, [bpm] * len(times), joining=Joining.STREAM), body=f"b{revision}")


FIRST = [*[told(fact) for fact in run()], background(1, 80.0, MIN)]
LATER = [*[told(fact, body="later") for fact in run(minutes=20, revision=1)], background(2, 90.0, 2 * MIN)]


async def tell(conn: Connection, told_: list[Told]) -> None:
    written = await write_facts(conn, told_)
    for patient, spans in written.touched.items():
        window = await derived.load_window(conn, patient, spans)
        await derived.replace(conn, patient, window, derive(window))


async def compress(conn: Connection) -> int:
    """Move every chunk to the columnstore; plain PostgreSQL has none."""
    found = await conn.execute("select 1 from pg_extension where extname = 'timescaledb'")
    if await found.fetchone() is None:
        return 0
    return len(await (await conn.execute("select compress_chunk(c) from show_chunks('sample') c")).fetchall())


async def test_late_data_into_compressed_chunks(conn: Connection, dsn: str) -> None:
    async with conn.transaction(force_rollback=True):
        await tell(conn, FIRST)
        await tell(conn, LATER)
        hot = await digest(conn)
    await tell(conn, FIRST)
    await conn.commit()
    async with await AsyncConnection.connect(dsn, autocommit=True) as other:
        await compress(other)
    await tell(conn, LATER)
    assert await digest(conn) == hot
