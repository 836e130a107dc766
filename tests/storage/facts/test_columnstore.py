"""Late data in compressed chunks: revisions, streams and deletions end as on hot rows."""

import pytest
from psycopg import AsyncConnection

from model.calendar import MINUTE_MS
from model.facts import AttributedFact, Joining
from storage.digest import DRAINED, QUERIES, table_digests
from storage.pg.pool import Connection
from stream import rollup_refresh
from tests.storage.facts.test_order import store_and_derive
from tests.storage.tellers import PHONE, T0, attributed_batch, attributed_fact, block, head, run

pytestmark = pytest.mark.anyio


def _background(revision: int, bpm: float, step: int) -> AttributedFact:
    result = head(f"hr:{revision}", T0, T0 + 60 * MINUTE_MS, source=PHONE, revision=revision)
    times = list(range(T0, T0 + 60 * MINUTE_MS, step))
    return attributed_fact(
        block(result, times, [bpm] * len(times), joining=Joining.STREAM), body=f"b{revision}"
    )


_ALL = (*QUERIES, *DRAINED)
_FIRST = [*map(attributed_fact, run()), _background(1, 80.0, MINUTE_MS)]
_LATER = [
    *attributed_batch(run(minutes=20, revision=1), body="later"),
    _background(2, 90.0, 2 * MINUTE_MS),
]


async def compress(conn: Connection) -> int:
    """Move every chunk to the columnstore; plain PostgreSQL has none."""
    cursor = await conn.execute("select 1 from pg_extension where extname = 'timescaledb'")
    if await cursor.fetchone() is None:
        return 0
    return len(
        await (
            await conn.execute("select compress_chunk(c) from show_chunks('sample') c")
        ).fetchall()
    )


async def test_late_data_into_compressed_chunks(conn: Connection, dsn: str) -> None:
    async with conn.transaction(force_rollback=True):
        await store_and_derive(conn, _FIRST)
        await store_and_derive(conn, _LATER)
        await rollup_refresh.refresh_all(conn)
        hot = await table_digests(conn, _ALL)
    await store_and_derive(conn, _FIRST)
    await conn.commit()
    async with await AsyncConnection.connect(dsn, autocommit=True) as other:
        await compress(other)
    await rollup_refresh.refresh_all(conn)
    await store_and_derive(conn, _LATER)
    await rollup_refresh.refresh_all(conn)
    assert await table_digests(conn, _ALL) == hot


async def test_series_lie_together_and_a_policy_moves_them(conn: Connection) -> None:
    cursor = await conn.execute("select 1 from pg_extension where extname = 'timescaledb'")
    if await cursor.fetchone() is None:
        kind = await conn.execute(
            "select relkind, relname from pg_class where oid = 'public.sample'::regclass"
        )
        assert await kind.fetchall() == [("p", "sample")]
        return
    settings = await conn.execute(
        "select segmentby, orderby from timescaledb_information.hypertable_columnstore_settings"
        " where hypertable = 'sample'::regclass"
    )
    assert await settings.fetchall() == [("patient,metric,source", '"time",record')]
    jobs = await conn.execute(
        "select config ->> 'compress_after' from timescaledb_information.jobs "
        "where proc_name = 'policy_compression'"
    )
    assert await jobs.fetchall() == [("7 days",)]
