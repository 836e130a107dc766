import asyncio

import psycopg
import pytest

from kadens.storage import migrate as runner
from kadens.storage.migrate import Migration, MigrationError, migrate, migrations

pytestmark = pytest.mark.anyio


def test_both_sets_have_each_number_once() -> None:
    for kind in ("plain", "timescale"):
        numbers = [m.version for m in migrations(kind)]
        assert numbers == list(range(1, len(numbers) + 1))


async def test_applies_once_and_then_nothing(empty: str) -> None:
    first = await migrate(empty)
    assert first[0] == "common/0001_people.sql"
    assert await migrate(empty) == []


async def test_two_at_once_do_not_meet(empty: str) -> None:
    one, other = await asyncio.gather(migrate(empty), migrate(empty))
    assert [] in (one, other)


async def test_a_changed_file_is_an_error(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate(empty)

    def changed(kind: str) -> tuple[Migration, ...]:
        first, *rest = migrations(kind)
        return Migration(version=first.version, name=first.name, sql=first.sql + "\n"), *rest

    monkeypatch.setattr(runner, "migrations", changed)
    with pytest.raises(MigrationError, match=r"common/0001_people\.sql: has changed"):
        await migrate(empty)


async def test_a_failing_file_leaves_nothing_of_itself(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate(empty)
    bad = Migration(version=99, name="common/0099_bad.sql", sql="create table half (x int); select 1 / 0;")
    monkeypatch.setattr(runner, "migrations", lambda kind: (*migrations(kind), bad))
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(empty)
    with psycopg.connect(empty) as conn:
        assert conn.execute("select to_regclass('half')").fetchone() == (None,)


async def test_one_statement_may_run_outside_a_transaction(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate(empty)
    sql = "-- no-transaction\ncreate index concurrently extra on patient (zone)"
    outside = Migration(version=99, name="common/0099_index.sql", sql=sql)
    monkeypatch.setattr(runner, "migrations", lambda kind: (*migrations(kind), outside))
    assert await migrate(empty) == ["common/0099_index.sql"]
