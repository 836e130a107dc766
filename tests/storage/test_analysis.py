"""Analysts may read documented views without identities, by a role that reads nothing else."""

from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from model.metrics import METRICS
from storage.bodies.body_store import Directory
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from tests.rows import cells_of, values_of
from tests.storage.derived.traces import settle
from tests.storage.tellers import (
    PERSON,
    RECEIVED,
    T0,
    attributed_fact,
    deletion,
    pain,
    run,
)

pytestmark = pytest.mark.anyio

VIEWS = [
    "adherence", "alerts", "answers", "day_states", "days", "findings", "hours", "patients",
    "prescribed_days", "prescriptions", "samples", "sessions", "weeks",
]  # fmt: skip
_VIEWS = (
    "select table_name from information_schema.views where table_schema = 'analysis' order by 1"
)
_COLUMNS = """
select c.relname, a.attname, a.atttypid::regtype::text, col_description(c.oid, a.attnum)
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'analysis'::regnamespace and a.attnum > 0 order by 1, a.attnum"""
_READABLE = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname !~ '^(pg_|information_schema)'
and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
and has_schema_privilege('kadens_reader', n.oid, 'usage')
and (c.relkind <> 'S' and has_table_privilege('kadens_reader', c.oid, \
'select, insert, update, delete, truncate'))
order by 1"""


async def test_the_role_reads_the_views_and_nothing_else(conn: Connection) -> None:
    rows = await (await conn.execute(_READABLE)).fetchall()
    assert cells_of(rows, 0) == [f"analysis.{view}" for view in VIEWS]


async def test_the_role_sees_what_is_told_and_no_base_table(
    conn: Connection, tmp_path: Path
) -> None:
    await settle(conn, Directory(tmp_path), "somebody")
    await conn.commit()
    await conn.execute("set role kadens_reader")
    for view in VIEWS:
        count = SQL("select count(*) from analysis.{} where patient = 'somebody'").format(
            Identifier(view)
        )
        assert (await (await conn.execute(count)).fetchall())[0][0] > 0
    for table in ("sample", "patient", "identity.person", "account", "audit", "fact"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with conn.transaction():
                await conn.execute(f"select from {table}".encode())


async def test_no_view_shows_who_or_which_device_it_is(conn: Connection, tmp_path: Path) -> None:
    pseudonym, number, sha256, device, alert = await settle(conn, Directory(tmp_path), "somebody")
    for view in VIEWS:
        rows = await conn.execute(SQL("select v::text from analysis.{} v").format(Identifier(view)))
        text = "\n".join(cells_of(await rows.fetchall(), 0))
        assert pseudonym in text
        assert not [
            word
            for word in (sha256, device, alert, "account-somebody", "run-False")
            if word in text
        ]
    assert number.isdigit()


async def test_every_view_and_every_column_is_documented(conn: Connection) -> None:
    assert cells_of(await (await conn.execute(_VIEWS)).fetchall(), 0) == VIEWS
    rows = await (await conn.execute(_COLUMNS)).fetchall()
    assert [(view, name) for view, name, _, result in rows if not result] == []
    assert {kind for _, _, kind, _ in rows if kind in {"bytea", "uuid"}} == set()


async def test_the_metrics_are_those_of_the_registry(conn: Connection) -> None:
    rows = await (await conn.execute("select id, name, unit from metric order by id")).fetchall()
    assert rows == values_of(METRICS, "id", "name", "unit")


async def test_samples_that_were_taken_back_are_not_shown(conn: Connection) -> None:
    await write_facts(conn, list(map(attributed_fact, (*run("a"), *run("b", T0 + 3_600_000)))))
    await write_facts(conn, [attributed_fact(deletion("x", "a"))])
    rows = await conn.execute(
        "select count(*), min(value), min(metric), min(unit) from analysis.samples"
    )
    assert await rows.fetchall() == [(180, 120.0, "heart_rate", "/min")]


@pytest.mark.parametrize(("stated", "left"), [(RECEIVED + 1, 0), (RECEIVED - 1, 180)])
async def test_a_deletion_without_a_revision_applies_to_what_was_stated_before(
    conn: Connection, stated: int, left: int
) -> None:
    facts = [*run("a", revision=7), pain("q", T0, 3.0, revision=7)]
    await write_facts(conn, list(map(attributed_fact, facts)))
    taken_back = [deletion("x", "a"), deletion("y", "q", source=PERSON)]
    await write_facts(conn, [attributed_fact(item, received=stated) for item in taken_back])
    rows = await conn.execute("select count(*) from analysis.samples")
    assert await rows.fetchall() == [(left,)]
    rows = await conn.execute("select count(*) from analysis.answers")
    assert await rows.fetchall() == [(int(left > 0),)]


async def test_a_view_asks_one_patient_by_the_key(conn: Connection) -> None:
    await write_facts(conn, list(map(attributed_fact, run())))
    rows = await conn.execute("explain select count(*) from analysis.samples where patient = 'p1'")
    plan = "\n".join(cells_of(await rows.fetchall(), 0))
    assert "pseudonym = 'p1'" in plan
