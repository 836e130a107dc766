import asyncio
from datetime import UTC, datetime

import psycopg
import pytest

from storage.pg import migrate as runner
from storage.pg.migrate import Migration, MigrationError, migrate, migrations
from stream import rollup_refresh
from tests.rows import values_of

pytestmark = pytest.mark.anyio

BANDS = 7  # the migration that made bands
OLD_DATA = """
insert into care_unit (name) values ('unit');
insert into patient (pseudonym, zone, care_unit, created_at) values ('p', 'UTC', 1, now());
insert into source (vendor, app, device, device_type, method) values ('v', '', '', 'watch', \
'background');
insert into watermark (patient, source, time) values (1, 1, '2026-01-31T23:29Z');
insert into record (patient, source, record, revision, stated_ms, body)
values (1, 1, 'r', 0, 0, '');
insert into fact values (1, 'samples', 1, 0, 1, 1, '2026-01-31T22:30Z', \
'2026-01-31T23:29:00.001Z', 0, 'source',
  '2026-01-31', now(), 'v', '', '{"joining": "stream", "n": 60}', '');
do $$ begin
  if (select relkind from pg_class where oid = 'sample'::regclass) = 'p' then
    create table sample_2026_01 partition of sample for values \
from ('2026-01-01T00:00Z') to ('2026-02-01T00:00Z');
  end if;
end $$;
insert into sample (patient, metric, source, record, time, value, revision)
select 1, 1, 1, 0, t, 70, 0 from generate_series('2026-01-31T22:30Z'::timestamptz, \
'2026-01-31T23:29Z', '1 minute') t;
"""


def test_both_sets_have_each_number_once() -> None:
    for kind in ("plain", "timescale"):
        numbers = values_of(migrations(kind), "version")
        assert numbers == list(range(1, len(numbers) + 1))


async def test_applies_once_and_then_nothing(empty: str) -> None:
    first = await migrate(empty)
    assert first[0] == "common/0001_people.sql"
    assert await migrate(empty) == []


async def test_two_at_once_do_not_meet(empty: str) -> None:
    item, other = await asyncio.gather(migrate(empty), migrate(empty))
    assert [] in (item, other)


async def test_a_changed_file_is_an_error(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate(empty)

    def changed(kind: str) -> tuple[Migration, ...]:
        first, *rest = migrations(kind)
        return Migration(version=first.version, name=first.name, sql=first.sql + "\n"), *rest

    monkeypatch.setattr(runner, "migrations", changed)
    with pytest.raises(MigrationError, match=r"common/0001_people\.sql: has changed"):
        await migrate(empty)


async def test_a_failing_file_leaves_nothing_of_itself(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty)
    bad = Migration(
        version=99, name="common/0099_bad.sql", sql="create table half (x int); select 1 / 0;"
    )
    monkeypatch.setattr(runner, "migrations", lambda kind: (*migrations(kind), bad))
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(empty)
    with psycopg.connect(empty) as conn:
        assert conn.execute("select to_regclass('half')").fetchone() == (None,)


async def test_one_statement_may_run_outside_a_transaction(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty)
    sql = "-- no-transaction\ncreate index concurrently extra on patient (zone)"
    outside = Migration(version=99, name="common/0099_index.sql", sql=sql)
    monkeypatch.setattr(runner, "migrations", lambda kind: (*migrations(kind), outside))
    assert await migrate(empty) == ["common/0099_index.sql"]


async def test_samples_from_before_there_were_bands_get_theirs(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = [
        lambda kind: tuple(
            migration for migration in migrations(kind) if migration.version < BANDS
        ),
        migrations,
    ]
    monkeypatch.setattr(runner, "migrations", older[0])
    await migrate(empty)
    with psycopg.connect(empty) as conn:
        conn.execute(OLD_DATA)
    monkeypatch.setattr(runner, "migrations", older[1])
    assert "common/0007_rollups.sql" in await migrate(empty)
    async with await psycopg.AsyncConnection.connect(empty) as conn:
        await rollup_refresh.refresh_all(conn)
        rows = await conn.execute(
            "select metric, hour, n, low, high, total from rollup_hour order by hour"
        )
        hours = [
            (1, datetime(2026, 1, 31, hour, tzinfo=UTC), 30, 70.0, 70.0, 2100.0)
            for hour in (22, 23)
        ]
        assert await rows.fetchall() == hours
